"""Running the web process and the worker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Any

import structlog

from catflap.cli.speaking import Wiring
from catflap.ground import ids, jobs, logging
from catflap.ground.settings import Settings
from catflap.migrations import running

WORKER_PROCESS = 7
WORKER_PAUSE_S = 1.0

log = structlog.get_logger("catflap.serving")


def _log(settings: Settings) -> None:
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    logging.set_up(level=settings.log_level, as_json=as_json)


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that is to have the same settings."""
    made = dict(os.environ)
    for name in Settings.__struct_fields__:
        value: Any = getattr(settings, name)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        made[f"CATFLAP_{name.upper()}"] = text
    return made


async def _serve(application: Any, settings: Settings) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    server = Server(
        application, address=settings.host, port=settings.port, interface=Interfaces.ASGI,
        log_enabled=False, log_access=False, websockets=False,
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # Live streams never end by themselves, and the server waits for what is open.
        application.close_streams()
        server.stop()  # type: ignore[no-untyped-call]

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop)
    print(f"Catflap is open at {settings.address()}", flush=True)
    await server.serve()


def serve(wiring: Wiring, settings: Settings, *, with_worker: bool) -> None:
    """Serve until told to stop; the worker ends with the server, and is restarted if it dies."""
    _log(settings)
    asyncio.run(running.upgrade_if_behind(settings.database_address()))
    asyncio.run(_serve_with_worker(wiring, settings, with_worker=with_worker))


async def _serve_with_worker(wiring: Wiring, settings: Settings, *, with_worker: bool) -> None:
    keeping = asyncio.create_task(_keep_worker(settings)) if with_worker else None
    try:
        await _serve(wiring.web(settings), settings)
    finally:
        if keeping is not None:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping


async def _keep_worker(settings: Settings) -> None:
    """One worker beside this process, started again whenever it ends."""
    while True:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "catflap", "work", env=environment(settings)
        )
        try:
            status = await worker.wait()
        except asyncio.CancelledError:
            worker.terminate()
            await worker.wait()
            raise
        log.warning("worker_ended", status=status)
        await asyncio.sleep(WORKER_PAUSE_S)


def work(wiring: Wiring, settings: Settings) -> None:
    """Run background work until told to stop, or until the parent is gone."""
    _log(settings)
    ids.become_process(WORKER_PROCESS)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_work(wiring, settings))


async def _work(wiring: Wiring, settings: Settings) -> None:
    house = wiring.open_house(settings)
    runner = wiring.runner(house, name=f"worker-{os.getpid()}")
    if settings.database_address().startswith("sqlite"):
        # On SQLite this is the only worker, so whatever is claimed was claimed by one that died.
        async with house.database.tx() as tx:
            await jobs.release_all(tx)
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    parent = os.getppid()
    watching = asyncio.create_task(_watch_parent(parent, task))
    try:
        await runner.forever()
    except asyncio.CancelledError:
        pass
    finally:
        watching.cancel()
        await house.close()


async def _watch_parent(parent: int, task: asyncio.Task[Any]) -> None:
    """End with the server, even where it was killed and could not say so."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells a child of this
        await asyncio.sleep(0.5)
    task.cancel()
