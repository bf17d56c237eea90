"""DeepL over HTTP.

Source: DeepL's API reference, ``POST /v2/translate``: at most 50 texts and 128 KiB a request,
status 456 when the account's quota is used up, keys ending in ``:fx`` for its free address.
"""

from __future__ import annotations

import httpx2
import msgspec

from catflap.translation.codes import Lang
from catflap.translation.engines.asking import Mending, ask
from catflap.translation.engines.port import Batch, Card, EngineBusy, EngineRefused

TIMEOUT_S = 30.0
MENDING = Mending(key="`deepl_api_key`", address="`deepl_url`")
QUOTA_RETRY_S = 3600.0
PRO_URL = "https://api.deepl.com"
FREE_URL = "https://api-free.deepl.com"
LANGUAGES = """
ar bg cs da de el en es et fi fr he hu id it ja ko lt lv nb nl pl pt ro ru sk sl sv th tr uk vi zh
"""
_KNOWN = frozenset(LANGUAGES.split())
_TARGETS = {"en": "EN-US", "pt": "PT-BR", "zh": "ZH-HANS", "no": "NB"}


class _Translation(msgspec.Struct):
    text: str


class _Answer(msgspec.Struct):
    translations: list[_Translation]


def address(url: str, api_key: str) -> str:
    """Where to ask: as configured, or the address that goes with the key."""
    return url or (FREE_URL if api_key.endswith(":fx") else PRO_URL)


class DeepL:
    """One DeepL account."""

    def __init__(
        self, client: httpx2.AsyncClient, *, url: str, api_key: str, leaves_house: bool = True
    ) -> None:
        self._client = client
        self._url = address(url, api_key).rstrip("/") + "/v2/translate"
        self._headers = {"authorization": f"DeepL-Auth-Key {api_key}"}
        self.card = Card(
            name="DeepL", version="2", batch_limit_chars=20_000, batch_limit_texts=50,
            leaves_house=leaves_house, takes_context=True,
        )
        self.tokens_spent = 0

    def supports(self, source: Lang, target: Lang) -> bool:
        """The pairs of its published list."""
        return source != target and source in _KNOWN and target in _KNOWN

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """None that it tells of."""
        del source, target
        return None

    async def close(self) -> None:
        """Nothing of its own is held."""

    async def translate(self, batch: Batch) -> list[str]:
        """One request for the batch. Raises as the port says."""
        if not batch.texts:
            return []
        body = {
            "text": list(batch.texts), "source_lang": batch.source.upper(),
            "target_lang": _TARGETS.get(batch.target, batch.target.upper()),
            "preserve_formatting": True,
        }
        if batch.context:
            body["context"] = batch.context
        try:
            raw = await ask(
                self._client, self._url, body, headers=self._headers, timeout_s=TIMEOUT_S,
                mending=MENDING,
            )
        except EngineRefused as error:
            if error.reason == "status 456":
                raise EngineBusy(
                    retry_after_s=QUOTA_RETRY_S, reason="the quota of the DeepL account is used up"
                ) from error
            raise
        try:
            answers = [item.text for item in msgspec.json.decode(raw, type=_Answer).translations]
        except msgspec.MsgspecError as error:
            raise EngineRefused("not DeepL's form") from error
        if len(answers) != len(batch.texts):
            raise EngineRefused(f"{len(answers)} answers to {len(batch.texts)} texts")
        return answers
