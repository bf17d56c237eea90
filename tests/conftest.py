"""The ground under every test: databases of both kinds, a running server, a browser."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from catflap import app
from catflap.ground.settings import Settings
from catflap.migrations import running

POSTGRES = os.environ.get("CATFLAP_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
IN_CI = os.environ.get("CI") == "true"


def run(work):
    """Run a coroutine to its end."""
    return asyncio.run(work)


def _postgres_answers() -> bool:
    import asyncpg

    async def ask() -> None:
        link = await asyncpg.connect(POSTGRES, timeout=3)
        await link.close()

    try:
        asyncio.run(ask())
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    return True


async def _in_postgres(statement: str) -> None:
    import asyncpg

    link = await asyncpg.connect(POSTGRES)
    await link.execute(statement)
    await link.close()


@pytest.fixture(scope="session")
def postgres_answers() -> bool:
    """Whether PostgreSQL is there; in CI it must be."""
    answers = _postgres_answers()
    if IN_CI and not answers:
        pytest.fail("CI needs PostgreSQL at CATFLAP_TEST_POSTGRES")
    return answers


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'catflap.db'}"
        run(running.upgrade(url))
        yield url
        return
    if not request.getfixturevalue("postgres_answers"):
        pytest.skip("no PostgreSQL at CATFLAP_TEST_POSTGRES")
    name = f"catflap_test_{secrets.token_hex(6)}"
    run(_in_postgres(f"CREATE DATABASE {name}"))
    url = POSTGRES.rpartition("/")[0] + f"/{name}"
    run(running.upgrade(url))
    yield url
    run(_in_postgres(f"DROP DATABASE {name} WITH (FORCE)"))


def house_at(url: str, folder: Path, **chosen: object):
    """A house on a database, made inside the event loop that uses it."""
    return app.open_house(Settings(data=folder, database_url=url, **chosen))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A real server in processes of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Start and wait until it answers."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CATFLAP_")}
        environment |= {f"CATFLAP_{k.upper()}": v for k, v in self.settings.items()}
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "catflap", "serve", "--data", str(self.folder / "data"),
             "--port", str(self.port)],
            env=environment, stdout=log, stderr=log,
        )
        log.close()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return self
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text()[-4000:])

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Stop as an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)

    def log(self) -> str:
        """What it logged."""
        return (self.folder / "server.log").read_text()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A fresh server without an engine."""
    made = Server(tmp_path, attempts_per_hour="10000", posts_per_hour="100000").start()
    yield made
    made.stop()


def chromium_path() -> str:
    """A Chromium on this machine."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("no Chromium: apt-get install chromium, or put one on PATH")


@pytest.fixture(scope="session")
def browser():
    """A real Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync"],
        )
        yield made
        made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: Playwright keeps an event loop running in this thread once begun."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
