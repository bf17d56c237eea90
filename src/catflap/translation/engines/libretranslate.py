"""LibreTranslate over HTTP: free, self-hosted, Argos models.

Source: LibreTranslate's API, ``POST /translate`` with a list as ``q``.
"""

from __future__ import annotations

import httpx2
import msgspec

from catflap.translation.codes import Lang
from catflap.translation.engines.asking import ask
from catflap.translation.engines.port import Batch, Card, EngineRefused

TIMEOUT_S = 30.0


class _Answer(msgspec.Struct):
    translatedText: list[str]  # noqa: N815 - its own name


class LibreTranslate:
    """One LibreTranslate server."""

    def __init__(
        self, client: httpx2.AsyncClient, *, url: str, api_key: str = "", leaves_house: bool = True
    ) -> None:
        self._client = client
        self._url = url.rstrip("/") + "/translate"
        self._api_key = api_key
        self.card = Card(
            name="LibreTranslate", version="1", batch_limit_chars=2000, batch_limit_texts=20,
            leaves_house=leaves_house,
        )
        self.tokens_spent = 0

    def supports(self, source: Lang, target: Lang) -> bool:
        """Any pair: its server says what it does not know."""
        return source != target

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """None that it tells of: its server pivots through English without a word."""
        del source, target
        return None

    async def close(self) -> None:
        """Nothing of its own is held."""

    async def translate(self, batch: Batch) -> list[str]:
        """One request for the batch. Raises as the port says."""
        if not batch.texts:
            return []
        body = {
            "q": list(batch.texts), "source": batch.source, "target": batch.target,
            "format": "text",
        }
        if self._api_key:
            body["api_key"] = self._api_key
        raw = await ask(self._client, self._url, body, headers={}, timeout_s=TIMEOUT_S)
        try:
            answers = msgspec.json.decode(raw, type=_Answer).translatedText
        except msgspec.MsgspecError as error:
            raise EngineRefused("not LibreTranslate's form") from error
        if len(answers) != len(batch.texts):
            raise EngineRefused(f"{len(answers)} answers to {len(batch.texts)} texts")
        return answers
