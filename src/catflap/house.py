"""The house: everything a running Catflap holds, made once from its settings.

Handlers of jobs and the doors are given it; each feature asks for the part it needs by a protocol
of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx2
import msgspec

from catflap.access.jobs import Post
from catflap.ground import http, settings
from catflap.ground.database import Database
from catflap.ground.settings import Settings, SettingsInvalid
from catflap.media.store import Store
from catflap.media.uploading import Uploads
from catflap.translation.codes import UNKNOWN, Lang, canonical
from catflap.translation.engines.libretranslate import LibreTranslate
from catflap.translation.engines.openai import OpenAI
from catflap.translation.engines.port import Engine
from catflap.translation.lexicon import Lexicon

_HERE = {"127.0.0.1", "localhost", "::1"}


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What runs: settings, database, files, engines, lexicon, mail."""

    settings: Settings
    database: Database
    store: Store
    uploads: Uploads
    client: httpx2.AsyncClient
    engines: Sequence[Engine]
    ahead_languages: Sequence[Lang]
    lexicon: Lexicon
    post: Post

    async def close(self) -> None:
        """Let go of connections."""
        await self.client.aclose()
        await self.database.close()


def house(chosen: Settings, *, database: Database, post: Post) -> House:
    """The house for these settings.

    Raises:
        SettingsInvalid: an engine is named without its address, or a language code is none.
    """
    store = Store(chosen.media_address())
    urls = [url for url in (chosen.openai_url, chosen.libretranslate_url) if url]
    client = http.client(urls)
    return House(
        settings=chosen,
        database=database,
        store=store,
        uploads=Uploads(database, store),
        client=client,
        engines=tuple(_engine(name, chosen, client) for name in chosen.engines),
        ahead_languages=tuple(_language(code) for code in chosen.languages),
        lexicon=Lexicon(chosen.data / "lexicon"),
        post=post,
    )


def _language(code: str) -> Lang:
    lang = canonical(code)
    if lang == UNKNOWN:
        raise SettingsInvalid("languages", f"`{code}` is no language code; `en` or `zh` would be")
    return lang


def _engine(name: str, chosen: settings.Settings, client: httpx2.AsyncClient) -> Engine:
    if name == "openai":
        url = _url("openai_url", chosen.openai_url)
        if not chosen.openai_model:
            raise SettingsInvalid("openai_model", "the engine `openai` needs a model's name")
        return OpenAI(
            client, url=url, model=chosen.openai_model, api_key=chosen.openai_api_key,
            leaves_house=_leaves(url),
        )
    if name == "libretranslate":
        url = _url("libretranslate_url", chosen.libretranslate_url)
        return LibreTranslate(
            client, url=url, api_key=chosen.libretranslate_api_key, leaves_house=_leaves(url)
        )
    raise SettingsInvalid("engines", f"`{name}` is no engine; `openai` or `libretranslate` is")


def _url(setting: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsInvalid(setting, "needs an address such as `http://127.0.0.1:5000`")
    return url


def _leaves(url: str) -> bool:
    return urlsplit(url).hostname not in _HERE
