"""The ``catflap`` command in a process of its own, forked from one that has imported it already.

To start it anew costs a second of processor time, nearly all of it imports, and tests start it
some four hundred times. What is forked, from a process made ready by `preloaded`, runs the same
`catflap.app.main`, with an environment, arguments and files of its own; whoever wants the start
itself measured runs ``python -m catflap``. Its one difference: passwords are hashed as quickly as
argon2id can, because a thousand of them at 30 ms each are a tenth of all tests' time.
`tests/access` asks what is kept in earnest.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from catflap.access import passwords

LEXICON = Path(__file__).parent.parent / "build" / "lexicon"
"""One dictionary for all tests: it takes some seconds to build."""

_forking = get_context("forkserver")
_forking.set_forkserver_preload(["tests.forked", "tests.preloaded"])


def _become(
    entry: Callable[[], None] | None, arguments: tuple[str, ...], environment: dict[str, str], *files: str
) -> None:
    """Run the command as if this process had been started for it."""
    os.environ.clear()
    os.environ.update(environment)
    for number, (path, flags) in enumerate(zip(
        files, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2), strict=True
    )):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    # What was made of the old files when Python started.
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(
        io.FileIO(2, "w", closefd=False), encoding="utf-8", write_through=True, errors="backslashreplace"
    )
    if arguments[0] == "serve":
        _have_a_worker_ready()
    _run(arguments, entry=entry)


def _run(arguments: Sequence[str], *, entry: Callable[[], None] | None = None) -> None:
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    sys.argv = ["catflap", *arguments]
    from catflap.app import main

    (entry or main)()


class _Ready:
    """A child that waits to be told what to run, as `asyncio.subprocess.Process` for who tells it."""

    def __init__(self) -> None:
        self._ended: asyncio.Future[tuple[int, int]] | None = None
        reading, self._writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._writing)
            with os.fdopen(reading) as told:
                order = json.loads(told.read() or "null")
            if order is None:
                os._exit(0)  # the server has ended without a worker
            os.environ.clear()
            os.environ.update(order["env"])
            try:
                _run(order["arguments"])
            finally:
                sys.stderr.flush()
                os._exit(0)
        os.close(reading)

    def begin(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        with os.fdopen(self._writing, "w") as telling:
            json.dump({"arguments": arguments, "env": dict(env)}, telling)

    async def wait(self) -> int:
        if self._ended is None:
            loop = asyncio.get_running_loop()
            self._ended = loop.run_in_executor(None, os.waitpid, self.pid, 0)
        _, status = await asyncio.shield(self._ended)
        return os.waitstatus_to_exitcode(status)

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


def _have_a_worker_ready() -> None:
    """Let the server's first worker be forked too, now that there is nothing but one thread here.

    One that is started again, after it died, is started as always.
    """
    ready = [_Ready()]
    anew = asyncio.create_subprocess_exec

    async def started(*command: str, **options: Any) -> Any:
        if command[1:4] != ("-m", "catflap", "work") or not ready:
            return await anew(*command, **options)
        worker = ready.pop()
        worker.begin(command[3:], options["env"])
        return worker

    asyncio.create_subprocess_exec = started


class Forked:
    """One run of the command, with as much of `subprocess.Popen` as tests ask for."""

    def __init__(
        self, *arguments: object, environment: Mapping[str, str], stdin: str = os.devnull,
        stdout: str, stderr: str, entry: Callable[[], None] | None = None,
    ) -> None:
        """``entry`` is a module's function that is run instead of `catflap.app.main`."""
        self._process: ForkServerProcess = _forking.Process(
            target=_become,
            args=(entry, tuple(map(str, arguments)), dict(environment), stdin, stdout, stderr),
            daemon=True,  # so that none outlives the tests
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same, for those who ask Popen so."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status once it has ended; raises `subprocess.TimeoutExpired`."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("catflap", timeout or 0)
        return self.returncode

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self._process.kill()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings of Catflap, and no others."""
    made = {k: v for k, v in os.environ.items() if not k.startswith("CATFLAP_")}
    made["CATFLAP_LEXICON_DIR"] = str(LEXICON)
    made["CATFLAP_WORKER_NICENESS"] = "0"  # it gives way to a server, not to the other tests
    made["CATFLAP_WAVE_PER_SECOND"] = "0"  # tests are quick, and share two processors
    return made | {f"CATFLAP_{name.upper()}": value for name, value in settings.items()}


def catflap(
    *arguments: object, stdin: str = "", also: Mapping[str, str] | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end: its status and what it printed.

    ``settings`` are Catflap's, ``also`` is more of its environment.
    """
    with (
        tempfile.NamedTemporaryFile("w") as given, tempfile.NamedTemporaryFile() as said,
        tempfile.NamedTemporaryFile() as complained,
    ):
        given.write(stdin)
        given.flush()
        run = Forked(
            *arguments, environment={**environment(**settings), **(also or {})}, stdin=given.name, stdout=said.name,
            stderr=complained.name,
        )
        try:
            status = run.wait(60)
        except subprocess.TimeoutExpired:
            run.kill()
            raise
        return subprocess.CompletedProcess(
            list(arguments), status, said.read().decode(), complained.read().decode()
        )
