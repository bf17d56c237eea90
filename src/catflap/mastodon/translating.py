"""A note's texts in a language that an app asks for, waited for within bounds.

What memory has is given at once. What is missing is wanted like anything a reader looks at, and
the worker makes it; meanwhile the call looks again, with no transaction open, and gives up in time
for the app to ask later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import msgspec

from catflap.mastodon.call import Call
from catflap.mastodon.problems import NoTranslation, NotTranslatable
from catflap.notes import placing
from catflap.people import queries as people
from catflap.translation import actions, refusals
from catflap.translation.codes import (
    CHINESE,
    NO_WORDS,
    UNKNOWN,
    Lang,
    canonical,
    script_preference,
)
from catflap.translation.composing import composed
from catflap.translation.model import NO_TEXT, Kept, Origin, Reading, Rendition, TextKey
from catflap.translation.scripts import in_script

WAIT_S = 8.0
LOOK_EVERY_S = 0.1
CANTONESE = Lang("yue")
_BY_SCRIPT = "OpenCC"
_BY_MEMORY = "Translation memory"
_BY_PEOPLE = "People here"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The language asked for, how Chinese is to be written, and the code it was asked by."""

    target: Lang
    script: str
    code: str


def wish(call: Call, code: str | None) -> Wish:
    """What ``lang`` asks for; without it, what the caller reads first.

    Raises:
        NotTranslatable: it is no language.
    """
    own = call.reading
    if not code:
        return Wish(target=own.target, script=own.script, code=own.target)
    target = canonical(code)
    if target == UNKNOWN:
        raise NotTranslatable
    if target not in (CHINESE, CANTONESE):
        return Wish(target=target, script="", code=target)
    if code == CHINESE and own.script:
        return Wish(target=CHINESE, script=own.script, code=code)
    # Who reads Cantonese reads written Chinese, in the letters of Hong Kong unless told otherwise.
    script = "Hant" if code == CANTONESE else script_preference(code)
    return Wish(target=CHINESE, script=script, code=code)


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """Texts by key as the wish has them, and who or what said so."""

    texts: dict[str, str]
    provider: str


async def spoken(
    call: Call, keys: Sequence[TextKey], *, wish: Wish, place: TextKey = NO_TEXT
) -> Spoken:
    """Texts in the language asked for; those that need no translation as they are.

    The one that is a ``place`` is called as the list of places calls it.

    Raises:
        NotTranslatable: none of them needs one.
        NoTranslation: none has one that can be trusted, or one is still to come.
    """
    found = await _look(call, keys, wish.target, place=place)
    foreign = [key for key, kept in found.items() if _is_foreign(kept, wish.target)]
    if not foreign:
        return _rewritten(found, wish)
    missing = [key for key in foreign if found[key].rendition is None]
    coming = [key for key in missing if _can_come(call, found[key], wish.target)]
    if coming:
        async with call.house.database.tx() as tx:
            await actions.want(tx, coming, target=wish.target)
        found = await _awaited(call, keys, coming, target=wish.target, place=place)
    used = {
        key: rendition
        for key in foreign
        if key in found and (rendition := found[key].rendition) is not None
        and not rendition.failed
    }
    if not used:
        raise NoTranslation
    texts = {
        str(key): _rendered(call, kept, used[key], wish) if key in used else _original(kept, wish)
        for key, kept in found.items()
    }
    first = next(used[key] for key in keys if key in used)
    return Spoken(texts=texts, provider=await _provider(call, first))


def _is_foreign(kept: Kept, target: Lang) -> bool:
    return any(lang not in (target, NO_WORDS, UNKNOWN) for lang in kept.langs)


def _can_come(call: Call, kept: Kept, target: Lang) -> bool:
    source = next(lang for lang in kept.langs if lang not in (target, NO_WORDS, UNKNOWN))
    return call.house.routes.has(source, target)


def _original(kept: Kept, wish: Wish) -> str:
    return in_script(kept.text, wish.script) if kept.lang == CHINESE else kept.text


def _rendered(call: Call, kept: Kept, rendition: Rendition, wish: Wish) -> str:
    """A translation; lines that the caller reads stay, unless that is all there is."""
    own = call.reading
    reads = own.reads if own.is_foreign(kept.langs) else ()
    reading = Reading(reads=(wish.target, *reads), script=wish.script)
    return composed(kept, rendition, reading=reading)


def _rewritten(found: Mapping[TextKey, Kept], wish: Wish) -> Spoken:
    """Chinese in the other script, which needs no engine.

    Raises:
        NotTranslatable: nothing is Chinese, or no script was asked for.
    """
    if wish.target != CHINESE or not wish.script:
        raise NotTranslatable
    if not any(kept.lang == CHINESE for kept in found.values()):
        raise NotTranslatable
    texts = {str(key): _original(kept, wish) for key, kept in found.items()}
    return Spoken(texts=texts, provider=_BY_SCRIPT)


async def _look(
    call: Call, keys: Sequence[TextKey], target: Lang, *, place: TextKey
) -> dict[TextKey, Kept]:
    async with call.house.database.reads() as reads:
        kept = await placing.kept(reads, keys, [place], target=target)
    return refusals.all_current(kept, routes=call.house.routes)


async def _awaited(
    call: Call, keys: Sequence[TextKey], coming: Sequence[TextKey], *, target: Lang,
    place: TextKey,
) -> dict[TextKey, Kept]:
    """Every text once those that are coming have come.

    Raises:
        NoTranslation: one of them did not come in time.
    """
    ends_at_s = time.monotonic() + WAIT_S
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        found = await _look(call, keys, target, place=place)
        if all(found[key].rendition is not None for key in coming if key in found):
            return found
        if time.monotonic() >= ends_at_s:
            raise NoTranslation


async def _provider(call: Call, rendition: Rendition) -> str:
    if rendition.origin is Origin.MEMORY:
        return _BY_MEMORY
    if rendition.origin is Origin.ENGINE:
        return rendition.engine
    async with call.house.database.reads() as reads:
        known = await people.by_ids(reads, [rendition.by_id] if rendition.by_id else [])
    found = known.get(rendition.by_id or 0)
    return found.name if found else _BY_PEOPLE
