"""The parent's side: starts the child that reads an archive, and hears what it says.

Whatever happens to the child (a crash, no memory, no time, nonsense) is `ArchiveDamaged`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from catflap.arrivals import errors, limits, reading
from catflap.arrivals.errors import ArchiveDamaged
from catflap.arrivals.gathering import Batch
from catflap.arrivals.model import Refusal
from catflap.ground.errors import CatflapError

_ANSWERS: msgspec.json.Decoder[reading.Answer] = msgspec.json.Decoder(reading.Answer)
_SAID = {error.__name__: error for error in errors.ARCHIVE_ERRORS}


@contextlib.asynccontextmanager
async def answers(
    source: Path, out: Path, *, name: str
) -> AsyncIterator[AsyncIterator[Batch | reading.Done]]:
    """Batches as the child gathers them, then `Done`; files are in ``out`` by then.

    The child is gone when this is left, however it is left.

    Raises:
        One of `errors.ARCHIVE_ERRORS`, as its answers are waited for.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", reading.__name__, str(source), str(out), name,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True, limit=limits.ANSWER_MAX_BYTES,
        # Nothing of the parent's: settings with passwords come by environment.
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}, cwd=out,
    )
    try:
        yield _heard(child)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.communicate()


async def _heard(child: asyncio.subprocess.Process) -> AsyncIterator[Batch | reading.Done]:
    assert child.stdout is not None
    ends_at = asyncio.get_running_loop().time() + limits.CHILD_WALL_S
    while True:
        try:
            async with asyncio.timeout_at(ends_at):
                line = await child.stdout.readline()
        except TimeoutError as error:
            raise ArchiveDamaged("not read in time") from error
        except ValueError as error:  # a line longer than the limit
            raise ArchiveDamaged("the child spoke without end") from error
        if not line:
            raise ArchiveDamaged(f"the child ended with {await child.wait()}")
        answer = _answer(line)
        yield answer
        if isinstance(answer, reading.Done):
            return


def _answer(line: bytes) -> Batch | reading.Done:
    try:
        answer = _ANSWERS.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ArchiveDamaged("the child spoke nonsense") from error
    if isinstance(answer, reading.Refused):
        raise refused(answer.refusal)
    return answer


def refused(kept: Refusal) -> CatflapError:
    """The error that a refusal stands for."""
    try:
        made: CatflapError = _SAID[kept.error](**kept.data)
    except (KeyError, TypeError, ValueError):
        return ArchiveDamaged("refused in words of its own")
    return made
