"""The ground under every test: databases of both kinds, a running server, a browser."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import fcntl
import gc
import io
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import psutil
import pytest
from filelock import FileLock
from PIL import Image
from tools import chromium

from catflap import app
from catflap.ground import ids
from catflap.ground.settings import Settings
from catflap.migrations import running
from catflap.translation.lexicon import Lexicon
from tests.forked import LEXICON, Forked, environment

POSTGRES = os.environ.get("CATFLAP_TEST_POSTGRES", "postgresql://root@127.0.0.1/postgres")
DRAWN = LEXICON.parent / "drawn"
"""The demo's pictures, under a hash of what draws them: a checkout draws them once."""
IN_CI = os.environ.get("CI") == "true"

# Tests ask nobody beyond this machine, and each client would read all the world's certificates
# first: 31 ms, thousands of times. From a folder, one is read when it is wanted.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)
# Beside other tests, threads of a small matrix's product wait for one another and burn what they
# wait: half of what the feed's tests took. numpy reads this when it is imported, by tests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


# Nothing of what is collected is garbage, and looking for some took half of a worker's start.
gc.disable()

# Whoever starts the tests in the background has Ctrl-C ignored, and every child would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


async def in_postgres(statement: str, *, url: str = POSTGRES) -> list[tuple[Any, ...]]:
    """Rows of one statement."""
    import asyncpg

    link = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await link.fetch(statement)]
    finally:
        await link.close()


@pytest.fixture(scope="session")
def postgres_answers() -> bool:
    """Whether PostgreSQL is there; in CI it must be."""
    answers = _postgres_answers()
    if IN_CI and not answers:
        pytest.fail("CI needs PostgreSQL at CATFLAP_TEST_POSTGRES")
    return answers


def _postgres_at(name: str) -> str:
    return POSTGRES.rpartition("/")[0] + f"/{name}"


@cache
def _postgres_own() -> str:
    """The address of this process's own migrated database, with a copy of the rows it began with.

    One for all tests: to copy and drop one costs PostgreSQL half a second of work for each test.
    """
    name = f"catflap_test_{secrets.token_hex(6)}"
    run(in_postgres(f"CREATE DATABASE {name}"))
    atexit.register(lambda: run(in_postgres(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
    # Nothing is to outlive the run, so nobody waits for the disk.
    run(in_postgres(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    run(running.upgrade(_postgres_at(name)))
    run(_remember(_postgres_at(name)))
    return _postgres_at(name)


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = '{}' AND tablename != 'alembic_version'"


_NUMBERS = (
    "SELECT setval('public.' || sequencename, coalesce(last_value, start_value), last_value IS NOT NULL)"
    " FROM numbers.first"
)


async def _with_rows(link: Any) -> list[str]:
    """The tables that have rows."""
    names = [row[0] for row in await link.fetch(_TABLES.format("public"))]
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM public.{name})" for name in names)
    return [row[0] for row in await link.fetch(" UNION ALL ".join(asked))]


async def _remember(url: str) -> None:
    """Copy what a database begins with: rows to the schema ``first``, numbers to ``numbers``."""
    import asyncpg

    link = await asyncpg.connect(url)
    try:
        await link.execute("; ".join([
            "CREATE SCHEMA first", "CREATE SCHEMA numbers",
            *(f"CREATE TABLE first.{name} AS TABLE public.{name}" for name in await _with_rows(link)),
            "CREATE TABLE numbers.first AS SELECT * FROM pg_sequences WHERE schemaname = 'public'",
        ]))
    finally:
        await link.close()


class _Keeper:
    """Makes this process's database anew, through one connection in an event loop of its own.

    A new connection reads what it knows of a hundred tables anew: 25 ms of PostgreSQL's each time.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._link: Any = None
        atexit.register(self.close)

    def begin_anew(self) -> None:
        """Make the database what it was when it was migrated, whoever is still at it."""
        import asyncpg

        try:
            self._loop.run_until_complete(self._begin_anew())
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError):
            self._link = None  # a test has ended every connection there was
            self._loop.run_until_complete(self._begin_anew())

    async def _begin_anew(self) -> None:
        import asyncpg

        if self._link is None:
            self._link = await asyncpg.connect(self._url)
        await self._link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        first = [row[0] for row in await self._link.fetch(_TABLES.format("first"))]
        await self._link.execute("; ".join([
            "SET session_replication_role = replica",  # so that tables may come in any order
            *(f"DELETE FROM public.{name}" for name in await _with_rows(self._link)),
            *(f"INSERT INTO public.{name} OVERRIDING SYSTEM VALUE TABLE first.{name}" for name in first),
            _NUMBERS,
        ]))

    def close(self) -> None:
        """End the connection."""
        if self._link is not None:
            self._link.terminate()
            self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


@cache
def _postgres_keeper() -> _Keeper:
    return _Keeper(_postgres_own())


@cache
def _sqlite_template() -> bytes:
    """A migrated, empty SQLite database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catflap.db"
        run(running.upgrade(f"sqlite:///{path}"))
        return path.read_bytes()


def sqlite_database(path: Path) -> str:
    """A migrated, empty SQLite database at a path."""
    path.write_bytes(_sqlite_template())
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each kind."""
    if request.param == "sqlite":
        yield sqlite_database(tmp_path / "catflap.db")
        return
    if not request.getfixturevalue("postgres_answers"):
        pytest.skip("no PostgreSQL at CATFLAP_TEST_POSTGRES")
    _postgres_keeper().begin_anew()
    yield _postgres_own()


def house_at(url: str, folder: Path, **chosen: object):
    """A house on a database, made inside the event loop that uses it."""
    # No test asks anybody outside; those of previews have pages of their own.
    chosen = {"link_previews": False, **chosen}
    return app.open_house(
        Settings(data=folder, database_url=url, lexicon_dir=str(LEXICON), **chosen)
    )


def photo_bytes() -> bytes:
    """A small real JPEG."""
    held = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(held, "JPEG")
    return held.getvalue()


_PORTS_FROM, _PORTS_TO = 20_000, 32_000
"""Below those that the kernel gives to whoever connects."""
_PORTS_HELD = Path(tempfile.gettempdir()) / "catflap-test-ports"
_HERE = f"{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())} {os.environ.get('PYTEST_XDIST_WORKER')}"
_PORTS = itertools.islice(
    itertools.cycle(range(_PORTS_FROM, _PORTS_TO)),
    zlib.crc32(_HERE.encode()) % (_PORTS_TO - _PORTS_FROM), None,
)


def _is_held(port: int) -> bool:
    """Take a port for this process until it ends; false where another test process has it.

    Looking whether somebody listens is not enough: servers share a port (SO_REUSEPORT), so two
    that look at the same moment, of two runs in two checkouts, would answer for each other.
    """
    _PORTS_HELD.mkdir(exist_ok=True)
    lock = os.open(_PORTS_HELD / str(port), os.O_CREAT | os.O_RDWR, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    return True  # the lock stands as long as its descriptor, which nobody closes


def children_running(module: ModuleType) -> list[psutil.Process]:
    """This process's children, and theirs, that run a module; servers are forked beside them."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if module.__name__ in child.cmdline():
                found.append(child)
    return found


def free_port() -> int:
    """A port nobody listens on, and that no other test on this machine gets meanwhile."""
    for port in _PORTS:
        if not _is_held(port):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError


class Server:
    """A real server in processes of its own; ``flags`` are those of the command."""

    def __init__(
        self, folder: Path, *, flags: Sequence[str] = (), anew: bool = False, **settings: str
    ) -> None:
        """``anew`` starts it as an operator would, not forked from what has imported it."""
        self.folder = folder
        self.flags = flags
        self.anew = anew
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings
        self.process: subprocess.Popen[bytes] | Forked | None = None

    def start(self) -> Server:
        """Start and wait until it answers; a new one begins with a migrated database."""
        data = self.folder / "data"
        if not data.exists() and "database_url" not in self.settings:
            data.mkdir(parents=True)
            sqlite_database(data / "catflap.db")
        its = environment(**{"link_previews": "false", **self.settings})
        command = ("serve", "--data", str(self.folder / "data"), "--port", str(self.port), *self.flags)
        path = self.folder / "server.log"
        if self.anew:
            with path.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "catflap", *command],
                    env=its, stdout=log, stderr=log,
                )
        else:
            self.process = Forked(*command, environment=its, stdout=str(path), stderr=str(path))
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"{self.url}/health/ready", timeout=2).status_code == 200:
                    return self
            except httpx2.HTTPError:
                time.sleep(0.05)
        self.kill()
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


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run that all of pytest-xdist's workers see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def dictionary(shared: Path) -> None:
    """The reading aid's file, which all share: built once in a checkout."""
    with FileLock(shared / "dictionary.lock"):
        run(Lexicon(LEXICON).build())
    _sqlite_template()  # before Playwright keeps an event loop running in this thread


@pytest.fixture(autouse=True)
def ids_of_today() -> Iterator[None]:
    """Ids never go backwards; after a test that moved the clock on, the next one's would be ahead."""
    yield
    if ids._last_ms > (datetime.now(UTC) - ids.EPOCH) / timedelta(milliseconds=1) + 1000:
        ids._last_ms = -1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A fresh server without an engine."""
    made = Server(tmp_path, attempts_per_hour="10000", posts_per_hour="100000").start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def demo_folder(shared: Path) -> Path:
    """The demo community, seeded once by the real command; its answer stands in told.json."""
    folder = shared / "demo"
    command = [sys.executable, "-m", "catflap", "demo", "--data", str(folder / "data"), "--json",
               "--drawn", str(DRAWN)]
    with FileLock(shared / "demo.lock"):
        if not (folder / "told.json").exists():
            folder.mkdir()
            done = subprocess.run(command, env=environment(), capture_output=True, check=True)
            (folder / "told.json").write_bytes(done.stdout.splitlines()[-1])
    return folder


@pytest.fixture(scope="session")
def demo_server(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo community, served: a copy of this worker's own, whose files are links.

    阿橘 and juniper are its operators.
    """
    folder = tmp_path_factory.mktemp("served")
    media = demo_folder / "data" / "media"
    shutil.copytree(demo_folder / "data", folder / "data", ignore=lambda at, names: (
        ["media"] if Path(at) == demo_folder / "data" else []
    ))
    shutil.copytree(media, folder / "data" / "media", copy_function=os.link)
    made = Server(folder, attempts_per_hour="10000", operators="阿橘,juniper").start()
    yield made
    made.stop()


def chromium_path() -> str:
    """A Chromium on this machine."""
    if found := chromium.found():
        return found
    pytest.fail(f"no Chromium: {chromium.ADVICE}, or put one on PATH")


@pytest.fixture(scope="session")
def chromium_here():
    """What launches a real Chromium, as often as it is asked."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda: playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync"],
        )


@pytest.fixture(scope="session")
def browser(chromium_here):
    """A real Chromium."""
    made = chromium_here()
    yield made
    made.close()


@pytest.fixture
def another_browser(chromium_here):
    """One more real Chromium: a process of its own, as on somebody else's phone."""
    made = chromium_here()
    yield made
    made.close()


def _whole(nodeid: str) -> str:
    """What one of pytest-xdist's workers runs as a whole: a file, as its tests share servers.

    Those in `tests/browser` share nothing but the demo, so each goes to whoever is free.
    """
    return nodeid if nodeid.startswith("tests/browser/") else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give tests out by `_whole` (``loadgroup`` groups nothing with pytest 9.2)."""
    from xdist.scheduler import LoadFileScheduling

    class ByWholes(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _whole(nodeid)

    return ByWholes(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What took longest the last time goes first, so that nobody waits for it at the end.

    Files with a browser go last: Playwright keeps an event loop running in this thread.
    """
    last = {item.path for item in items if item.get_closest_marker("browser")}
    took_s = _took_before(config)
    items.sort(key=lambda item: (item.path in last, -took_s.get(_whole(item.nodeid), 0)))


def pytest_collection_finish() -> None:
    """Look for garbage from here on, but not among what stays to the end."""
    gc.freeze()
    gc.enable()


def _took_before(config: pytest.Config) -> dict[str, float]:
    return config.cache.get(_TOOK, {}) if config.pluginmanager.hasplugin("cacheprovider") else {}


_TOOK = "catflap/took_s"
_took_s: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what each whole takes."""
    _took_s[_whole(report.nodeid)] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remember how long each took in a run of several workers, for the next one's order."""
    if session.config.getoption("numprocesses", None) and hasattr(session.config, "cache"):
        took_s = {name: round(seconds, 1) for name, seconds in _took_s.items()}
        session.config.cache.set(_TOOK, {**_took_before(session.config), **took_s})
