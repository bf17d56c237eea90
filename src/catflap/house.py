"""The house: everything a running Catflap holds, made once from its settings.

Handlers of jobs and the doors are given it; each feature asks for the part it needs by a protocol
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from catflap.access.jobs import Post
from catflap.arrivals.entering import OpenCases
from catflap.feed.owing import ReportedAmong
from catflap.ground.database import Database
from catflap.ground.following import Following
from catflap.ground.sealing import Seal
from catflap.ground.settings import Settings, SettingsInvalid
from catflap.media.store import Store
from catflap.media.uploading import Uploads
from catflap.moderation import cases
from catflap.notices.sending import Letters
from catflap.translation.codes import UNKNOWN, Lang, canonical
from catflap.translation.engines.port import Engine
from catflap.translation.glossary import Glossaries
from catflap.translation.jobs import Likely
from catflap.translation.lexicon import Lexicon
from catflap.translation.routes import Routes

if TYPE_CHECKING:
    import httpx2

    from catflap.feed.gathering import Complaints

Privacy = Callable[[Settings, str, bool], str]
"""What the software itself does with data, in a locale's words: what is said where an operator
wrote nothing. The last says whether an engine takes public texts out of the house."""

_HERE = {"127.0.0.1", "localhost", "::1"}


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What runs: settings, database, who hears of events, files, engines, lexicon, mail."""

    settings: Settings
    database: Database
    following: Following
    store: Store
    uploads: Uploads
    client: httpx2.AsyncClient | None
    routes: Routes
    ahead_languages: Sequence[Lang]
    likely: Likely
    glossaries: Glossaries
    lexicon: Lexicon
    post: Post
    letters: Letters
    privacy: Privacy
    seal: Seal
    open_cases: OpenCases
    reported_among: ReportedAmong
    complaints: Complaints

    @property
    def engines(self) -> Sequence[Engine]:
        """Every engine that is configured."""
        return self.routes.engines

    def privacy_words(self, locale: str) -> str:
        """What the software does with data, for a community that wrote nothing of its own."""
        return self.privacy(
            self.settings, locale, any(engine.card.leaves_house for engine in self.engines)
        )

    async def close(self) -> None:
        """Let go of connections and of the models' process."""
        for engine in self.engines:
            await engine.close()
        if self.client is not None:
            await self.client.aclose()
        await self.database.close()


def house(
    chosen: Settings, *, database: Database, post: Post, letters: Letters, privacy: Privacy
) -> House:
    """The house for these settings.

    Raises:
        SettingsInvalid: an engine is named without its address, or a language code is none.
    """
    store = Store(chosen.media_address())
    client, routes = _routes(chosen, database)
    return House(
        settings=chosen,
        database=database,
        following=Following(database),
        store=store,
        uploads=Uploads(database, store),
        client=client,
        routes=routes,
        ahead_languages=tuple(_language(code) for code in chosen.languages),
        likely=Likely(),
        glossaries=Glossaries(),
        lexicon=Lexicon(chosen.lexicon_folder()),
        post=post,
        letters=letters,
        privacy=privacy,
        seal=Seal(chosen.data),
        open_cases=cases.open_count,
        reported_among=cases.standing_among,
        complaints=cases.complaints_of,
    )


def _language(code: str) -> Lang:
    lang = canonical(code)
    if lang == UNKNOWN:
        raise SettingsInvalid("languages", f"`{code}` is no language code; `en` or `zh` would be")
    return lang


def _routes(
    chosen: Settings, database: Database
) -> tuple[httpx2.AsyncClient | None, Routes]:
    """The engines by pair and their client, which is loaded only where one of them needs it."""
    names = list(dict.fromkeys([*chosen.engines, *(n for r in chosen.routes.values() for n in r)]))
    if not names:
        return None, Routes({})
    from catflap.ground import http
    from catflap.translation.engines.guarding import Budget, Guarded, Ledger

    client = http.client(_engine_urls(chosen)) if set(names) - {"ctranslate2"} else None
    ledger = Ledger(database)
    engines = {
        name: Guarded(
            _engine(name, chosen, client),
            budget=Budget(
                chars=chosen.engine_chars_a_day.get(name, 0),
                tokens=chosen.engine_tokens_a_day.get(name, 0),
            ),
            ledger=ledger,
        )
        for name in names
    }
    by_pair = {_pair(name): route for name, route in chosen.routes.items()}
    return client, Routes(engines, general=chosen.engines, chosen=by_pair)


def _pair(name: str) -> str:
    """A pair as the routes know it.

    Raises:
        SettingsInvalid: it is not two different languages.
    """
    source, _, target = name.partition("-")
    if UNKNOWN in (canonical(source), canonical(target)) or canonical(source) == canonical(target):
        raise SettingsInvalid("routes", f"`{name}` is no pair; `zh-en` would be")
    return f"{canonical(source)}-{canonical(target)}"


def _engine_urls(chosen: Settings) -> list[str]:
    urls = [chosen.openai_url, chosen.libretranslate_url]
    if chosen.deepl_api_key:
        from catflap.translation.engines import deepl

        urls.append(deepl.address(chosen.deepl_url, chosen.deepl_api_key))
    return [url for url in urls if url]


def _engine(name: str, chosen: Settings, client: httpx2.AsyncClient | None) -> Engine:
    if name == "ctranslate2":
        from catflap.translation.engines.ctranslate2 import CTranslate2

        return CTranslate2(
            chosen.models_folder(), threads=chosen.ctranslate2_threads,
            device=chosen.ctranslate2_device,
        )
    assert client is not None
    if name == "openai":
        from catflap.translation.engines.openai import OpenAI

        url = _url("openai_url", chosen.openai_url)
        if not chosen.openai_model:
            raise SettingsInvalid("openai_model", "the engine `openai` needs a model's name")
        return OpenAI(
            client, url=url, model=chosen.openai_model, api_key=chosen.openai_api_key,
            leaves_house=_leaves(url),
        )
    if name == "libretranslate":
        from catflap.translation.engines.libretranslate import LibreTranslate

        url = _url("libretranslate_url", chosen.libretranslate_url)
        return LibreTranslate(
            client, url=url, api_key=chosen.libretranslate_api_key, leaves_house=_leaves(url)
        )
    if name == "deepl":
        from catflap.translation.engines.deepl import DeepL

        if not chosen.deepl_api_key:
            raise SettingsInvalid("deepl_api_key", "the engine `deepl` needs a key")
        return DeepL(client, url=chosen.deepl_url, api_key=chosen.deepl_api_key)
    known = "`ctranslate2`, `openai`, `libretranslate` or `deepl`"
    raise SettingsInvalid("engines", f"`{name}` is no engine; {known} is")


def _url(setting: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsInvalid(setting, "needs an address such as `http://127.0.0.1:5000`")
    return url


def _leaves(url: str) -> bool:
    return urlsplit(url).hostname not in _HERE
