"""Neural models on this machine's processor or GPU, through CTranslate2.

The models run in a process of their own: a matrix never holds up a page, a model that crashes
takes nothing with it, and the memory goes back when it ends. It is started at the first batch and
again after it died. Which models there are is read from the folder, so installing one needs no
restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from catflap.translation.codes import Lang
from catflap.translation.engines import model_codes
from catflap.translation.engines.ctranslate2_serving import Answer, Question
from catflap.translation.engines.port import (
    Batch,
    Card,
    EngineBusy,
    EngineRefused,
    PairUnsupported,
)
from catflap.translation.models import keeping
from catflap.translation.models.model import Installed

log = structlog.get_logger("catflap.translation")

BATCH_S = 120.0
RESTART_S = 2.0
BROKEN_S = 60.0
"""When to look again whether somebody has mended a model that cannot be opened."""
LENGTH_BYTES = 4
NICENESS = 5
"""Reading goes first: the models get what the pages leave."""


def _fingerprint(model: Installed) -> str:
    return model.record.hashes.get("model.bin", "")[:8]


def _knows(model: Installed, source: Lang, target: Lang) -> bool:
    entry = model.record.entry
    if entry.pairs:
        return f"{source}-{target}" in entry.pairs
    return model_codes.knows(entry.kind, source, target)


class CTranslate2:
    """Every installed model, behind one engine."""

    def __init__(self, folder: Path, *, threads: int = 0, device: str = "auto") -> None:
        self._folder = folder
        self._threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._device = device
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._seen: tuple[int, Sequence[Installed]] = (0, ())
        self.tokens_spent = 0

    @property
    def card(self) -> Card:
        """What it is; its version changes with the models, so that they are asked anew."""
        models = self._models()
        return Card(
            name="ctranslate2", version=",".join(f"{m.name}@{_fingerprint(m)}" for m in models),
            batch_limit_chars=12_000, batch_limit_texts=256, leaves_house=False,
            takes_sentences=True, copies_numbers=True,
            licence=", ".join(dict.fromkeys(m.record.entry.licence for m in models)),
        )

    def _models(self) -> Sequence[Installed]:
        """What is installed; the folder is read again only when it changed."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        if changed != self._seen[0]:
            self._seen = (changed, keeping.installed(self._folder))
        return self._seen[1]

    def _model(self, source: Lang, target: Lang) -> Installed | None:
        able = [m for m in self._models() if _knows(m, source, target)]
        # A model for one pair is better at it than one for a hundred languages.
        return min(able, key=lambda m: (not m.record.entry.pairs, m.name), default=None)

    def supports(self, source: Lang, target: Lang) -> bool:
        """Whether an installed model knows the pair."""
        return self._model(source, target) is not None

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """Direct; `Pivoting` joins two."""
        del source, target
        return None

    async def translate(self, batch: Batch) -> list[str]:
        """One batch. Raises as the port says; a process that died is busy for a moment.

        So is a model that cannot be opened, for longer, and the operator is told: its texts are
        not to blame, and are translated when it is mended.
        """
        if not batch.texts:
            return []
        model = self._model(batch.source, batch.target)
        if model is None:
            raise PairUnsupported(source=batch.source, target=batch.target)
        question = Question(
            folder=str(model.folder), version=_fingerprint(model), kind=model.record.entry.kind,
            source=batch.source, target=batch.target, texts=list(batch.texts),
        )
        async with self._turn:
            answer = await self._answered(question)
        if answer.broken:
            log.warning("model_broken", model=model.name, reason=answer.broken)
            raise EngineBusy(retry_after_s=BROKEN_S, reason=answer.broken)
        if answer.error:
            raise EngineRefused(answer.error)
        self.tokens_spent += answer.tokens
        return answer.texts

    async def _answered(self, question: Question) -> Answer:
        try:
            process = await self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            raw = msgspec.msgpack.encode(question)
            process.stdin.write(len(raw).to_bytes(LENGTH_BYTES, "big") + raw)
            async with asyncio.timeout(BATCH_S):
                await process.stdin.drain()
                size = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
                return msgspec.msgpack.decode(await process.stdout.readexactly(size), type=Answer)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, msgspec.MsgspecError) as error:
            await self.close()
            raise EngineBusy(retry_after_s=RESTART_S) from error
        except asyncio.CancelledError:
            # Half an answer may lie in the pipe: the next question needs a fresh one.
            await self.close()
            raise

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "catflap.translation.engines.ctranslate2_serving",
                str(self._threads), self._device, str(NICENESS),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )
        return self._process

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
