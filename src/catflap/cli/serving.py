"""Running the web process and the worker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import structlog

from catflap.cli.processes import Child, environment, set_up_log
from catflap.cli.wiring import AddressTaken, Wiring, in_one_line
from catflap.ground import faults, jobs, locking, memory, processors
from catflap.ground.locking import SERVING, WORKING, PlaceTaken
from catflap.ground.numbering import Number
from catflap.ground.settings import Settings
from catflap.migrations import running
from catflap.translation.lexicon import Lexicon

WORKER_PAUSE_S = 1.0
PLACE_PAUSE_S = 0.1
BACKLOG = 1024
FILES_BESIDE = 256
"""File descriptors that are no connections: the database, the files being read."""

log = structlog.get_logger("catflap.serving")


def _connections(settings: Settings) -> int:
    """How many connections are held at once: as set, or what this system allows a process.

    Granian's own limit is the backlog: 128 open pages would then keep everybody else out.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.connections + FILES_BESIDE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = max(16, min(settings.connections, soft - FILES_BESIDE))
    if allowed < settings.connections:
        log.warning("fewer_connections", connections=allowed, wanted=settings.connections)
    return allowed


async def _serve(application: Any, settings: Settings) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    server = Server(
        application, address=settings.host, port=settings.port, interface=Interfaces.ASGI,
        log_enabled=False, log_access=False, websockets=True,
        backlog=BACKLOG, backpressure=_connections(settings),
    )
    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []

    def stop() -> None:
        # Granian waits for open connections, however long: the application ends them.
        ending.append(loop.create_task(application.finish()))
        server.stop()  # type: ignore[no-untyped-call]

    def signalled(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop)

    for name in (signal.SIGINT, signal.SIGTERM):
        # Not the loop's own way, which loses a signal while thousands of connections end at once:
        # it is told through a socket that is full then.
        signal.signal(name, signalled)
    print(f"Catflap is open at {settings.address()}", flush=True)
    await server.serve()


def serve(wiring: Wiring, settings: Settings, *, with_worker: bool) -> None:
    """Serve until told to stop; the worker ends with the server, and is restarted if it dies.

    What stands in the way (a port in use, a second server with a worker on one SQLite database)
    ends the process with one line.
    """
    memory.take_little()
    set_up_log(settings)
    address = settings.database_address()
    with in_one_line():
        faults.must_be_sound(settings)
        if faults.shares_one_address(settings):
            log.warning("everybody_seems_to_be_the_proxy", change="behind_proxy = true")
        _must_be_free(settings.host, settings.port)
        with locking.held(address, SERVING) if with_worker else contextlib.nullcontext():
            asyncio.run(running.upgrade_if_behind(address))
            asyncio.run(_serve_with_worker(wiring, settings, with_worker=with_worker))


def _must_be_free(host: str, port: int) -> None:
    """Refuse an address that somebody listens at.

    Granian's sockets share a port (SO_REUSEPORT): it would take every other request from whoever
    is there, and say nothing.
    """
    try:
        [*found] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, where = found[0]
        with socket.socket(family, kind, protocol) as probe:
            # Connections that ended a moment ago are nobody who listens.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        raise AddressTaken(host, port, str(error.strerror)) from error


async def _serve_with_worker(wiring: Wiring, settings: Settings, *, with_worker: bool) -> None:
    beside, worker = [asyncio.create_task(memory.keep_small())], Child()
    if with_worker:
        beside.append(asyncio.create_task(_keep_worker(settings, worker)))
    application = wiring.web(settings)
    if settings.wave_per_second and processors.count() > 1:
        from catflap.cli.writing import meet_waves

        beside.append(asyncio.create_task(meet_waves(settings, application.wave, worker)))
    try:
        await _serve(application, settings)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


async def _keep_worker(settings: Settings, child: Child) -> None:
    """One worker beside this process, started again whenever it ends."""
    while True:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "catflap", "work", "--server", str(os.getpid()),
            env=environment(settings),
            process_group=0,  # Ctrl-C is the server's to hear, which tells the worker
        )
        child.number = worker.pid
        try:
            status = await worker.wait()
        except asyncio.CancelledError:
            worker.terminate()
            await worker.wait()
            raise
        child.number = 0
        log.warning("worker_ended", status=status)
        await asyncio.sleep(WORKER_PAUSE_S)


def work(wiring: Wiring, settings: Settings, *, server: int) -> None:
    """Run background work until told to stop, or until its server's process is gone.

    Pages go first: where processors are short, the work waits.
    """
    memory.take_little()
    os.nice(settings.worker_niceness)
    set_up_log(settings)
    with in_one_line(), contextlib.suppress(KeyboardInterrupt):
        faults.must_be_sound(settings)
        with _alone(settings, server=server):
            asyncio.run(_work(wiring, settings, server=server))


@contextlib.contextmanager
def _alone(settings: Settings, *, server: int) -> Iterator[None]:
    """Be the only worker on a SQLite database: a second one would release what the first runs.

    One started by hand takes a server's place too, so that no server brings another. A server's own
    waits for its place: of a server that was killed, the worker ends a moment later.
    """
    with contextlib.ExitStack() as held:
        if not server:
            held.enter_context(locking.held(settings.database_address(), SERVING))
        while True:
            try:
                held.enter_context(locking.held(settings.database_address(), WORKING))
                break
            except PlaceTaken:
                if not server:
                    raise
                if os.getppid() != server:
                    return
                time.sleep(PLACE_PAUSE_S)
        yield


async def _work(wiring: Wiring, settings: Settings, *, server: int) -> None:
    from catflap.notes import joining
    from catflap.translation import glossing
    from catflap.translation import memory as translated

    house = wiring.open_house(settings)
    runner = wiring.runner(house, name=f"worker-{os.getpid()}")
    if settings.database_address().startswith("sqlite"):
        # On SQLite this is the only worker (`_alone`): what is claimed, one that died claimed.
        async with house.database.tx() as tx:
            await jobs.release_all(tx)
            await translated.end_all(tx)
    async with house.database.tx() as tx:
        await glossing.plant(tx)
        await joining.plant(tx)
    # Nobody waits for the dictionary: translations come meanwhile, and pages do without its aid.
    building = asyncio.create_task(_build(house.lexicon))
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    beside = [building, asyncio.create_task(memory.keep_small())]
    if server:
        beside.append(asyncio.create_task(_watch(server, task)))
    try:
        async with Number(house.database):
            await runner.forever()
    except asyncio.CancelledError:
        pass
    finally:
        for one in beside:
            one.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await house.close()


async def _build(lexicon: Lexicon) -> None:
    try:
        await lexicon.build()
    except OSError:
        log.warning("lexicon_not_built", exc_info=True)


async def _watch(server: int, task: asyncio.Task[Any]) -> None:
    """End with the server, even where it was killed and could not say so.

    Its number is given, not asked for: it may be gone before this process has begun to look.
    """
    while os.getppid() == server:  # noqa: ASYNC110 - nothing tells a child of this
        await asyncio.sleep(0.5)
    task.cancel()
