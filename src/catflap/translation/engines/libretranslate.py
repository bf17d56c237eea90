"""LibreTranslate over HTTP: free, self-hosted, Argos models.

Its server says which pairs it knows, and is asked again every hour. Between two languages of which
neither is English it goes through English without a word, so readers are told here.

Source: LibreTranslate's API, ``GET /languages``, ``POST /translate`` with a list as ``q``.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence

import httpx2
import msgspec
import structlog

from catflap.ground.errors import CatflapError
from catflap.translation.codes import ENGLISH, Lang, canonical, script_preference
from catflap.translation.engines.asking import Mending, ask, look
from catflap.translation.engines.port import Batch, Card, EngineRefused, PairUnsupported

log = structlog.get_logger("catflap.translation")

TIMEOUT_S = 30.0
MENDING = Mending(key="`libretranslate_api_key`", address="`libretranslate_url`")
LANGUAGES_S = 3600.0
LANGUAGES_RETRY_S = 60.0
"""When a server that did not say its languages is asked for them again."""
LANGUAGES_TIMEOUT_S = 10.0


class _Answer(msgspec.Struct):
    translatedText: list[str]  # noqa: N815 - its own name


class _Language(msgspec.Struct):
    code: str
    targets: list[str] | None = None


Codes = Mapping[tuple[Lang, Lang], tuple[str, str]]
"""What a server calls the two languages of each pair that it knows."""


def pairs(languages: Sequence[_Language]) -> Codes:
    """The pairs that a server's languages make; of Chinese in two scripts the simplified one.

    A server too old to say a language's targets knows it with every other.
    """
    # The plainest code of a language comes last and stays.
    plain = sorted(
        (one.code for one in languages),
        key=lambda code: (code == canonical(code), script_preference(code) != "Hant"),
    )
    chosen = {canonical(code): code for code in plain}
    found = {}
    for one in languages:
        source = canonical(one.code)
        if chosen[source] != one.code:
            continue
        for target, code in chosen.items():
            if target != source and (one.targets is None or code in one.targets):
                found[source, target] = (one.code, code)
    return found


class LibreTranslate:
    """One LibreTranslate server."""

    def __init__(
        self, client: httpx2.AsyncClient, *, url: str, api_key: str = "", leaves_house: bool = True
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._codes: Codes | None = None
        self._ask_again_at_s = 0.0
        self._learning: asyncio.Task[None] | None = None
        self.card = Card(
            name="LibreTranslate", version="1", batch_limit_chars=2000, batch_limit_texts=20,
            leaves_house=leaves_house,
        )
        self.tokens_spent = 0

    def supports(self, source: Lang, target: Lang) -> bool:
        """The pairs that its server names; any, until the server was heard."""
        # A process that only shows pages never translates, and learns here.
        with contextlib.suppress(RuntimeError):
            self._learn(asyncio.get_running_loop())
        return source != target and (self._codes is None or (source, target) in self._codes)

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """English, wherever it is neither: all its models are from or into it."""
        return None if ENGLISH in (source, target) else ENGLISH

    async def close(self) -> None:
        """Stop asking for languages."""
        if self._learning is not None:
            self._learning.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._learning

    async def translate(self, batch: Batch) -> list[str]:
        """One request for the batch. Raises as the port says."""
        if not batch.texts:
            return []
        source, target = await self._named(batch.source, batch.target)
        body = {"q": list(batch.texts), "source": source, "target": target, "format": "text"}
        if self._api_key:
            body["api_key"] = self._api_key
        raw = await ask(
            self._client, f"{self._url}/translate", body, headers={}, timeout_s=TIMEOUT_S,
            mending=MENDING,
        )
        try:
            answers = msgspec.json.decode(raw, type=_Answer).translatedText
        except msgspec.MsgspecError as error:
            raise EngineRefused("not LibreTranslate's form") from error
        if len(answers) != len(batch.texts):
            raise EngineRefused(f"{len(answers)} answers to {len(batch.texts)} texts")
        return answers

    async def _named(self, source: Lang, target: Lang) -> tuple[str, str]:
        """What the server calls two languages; as we do, where it did not say.

        Raises:
            PairUnsupported: it names its languages, and not this pair.
        """
        learning = self._learn(asyncio.get_running_loop())
        if self._codes is None and learning is not None:
            await asyncio.shield(learning)
        if self._codes is None:
            return source, target
        if (source, target) not in self._codes:
            raise PairUnsupported(source=source, target=target)
        return self._codes[source, target]

    def _learn(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
        """Have the languages asked for where it is time to; the task that does, if one runs."""
        if self._learning is not None and self._learning.done():
            self._learning = None
        if self._learning is None and time.monotonic() >= self._ask_again_at_s:
            self._ask_again_at_s = time.monotonic() + LANGUAGES_RETRY_S
            self._learning = loop.create_task(self._hear())
        return self._learning

    async def _hear(self) -> None:
        """Ask for the languages; what was known stands where the server does not say."""
        try:
            raw = await look(
                self._client, f"{self._url}/languages", timeout_s=LANGUAGES_TIMEOUT_S,
                mending=MENDING,
            )
            self._codes = pairs(msgspec.json.decode(raw, type=list[_Language]))
        except (CatflapError, msgspec.MsgspecError) as error:
            log.info("languages_unknown", engine=self.card.name, error=str(error))
        else:
            self._ask_again_at_s = time.monotonic() + LANGUAGES_S
