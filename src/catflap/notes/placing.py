"""Places as notes and readers name them: free text, joined where it means the same place.

上海, Shanghai and "Shanghai, China" are one place, and in China; what the list that comes with
Catflap does not know is itself. Nothing is looked up elsewhere and nothing is read out of
coordinates, as none are kept. A country that the text names decides between places of one name,
so "Paris, Texas" is not in France.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.translation import queries as translation
from catflap.translation.codes import CHINESE, ENGLISH, UNKNOWN, UNSPACED, Lang
from catflap.translation.model import Kept, Origin, Rendition, TextKey
from catflap.translation.scripts import in_script

KNOWN = Path(__file__).parent / "seeds" / "places.toml"
LEVELS_MAX = 4
PLACE_MAX_CHARS = 60
LANGUAGES = (ENGLISH, CHINESE)
"""The languages of each place's first names, in the list's order; engines know the others."""
BY_LIST = "Catflap"
_PARTS = re.compile(r"[,、，;；/／|｜·・•()（）]+|\s[-–—]\s")
_ENDINGS = "市省县區区"
_HAN = re.compile(r"[㐀-鿿]")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A place of the list: its names by language, and the country it is in, or ""."""

    key: str
    names: Mapping[str, str]
    country: str


class _Country(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: tuple[str, ...]
    places: tuple[tuple[str, ...], ...] = ()


@cache
def known() -> Mapping[str, Known]:
    """The list, by key."""
    return _read()[0]


@cache
def _read() -> tuple[Mapping[str, Known], Mapping[str, str]]:
    """Places by key, and keys by every way to write them; what stands first keeps its name."""
    groups = msgspec.convert(tomllib.loads(KNOWN.read_text()), dict[str, _Country])
    found: dict[str, Known] = {}
    written: dict[str, str] = {}
    for country in groups.values():
        within = ""
        for names in (country.names, *country.places):
            key = _folded(names[0])
            found[key] = Known(
                key=key, names=dict(zip(LANGUAGES, names, strict=False)), country=within
            )
            for name in names:
                written.setdefault(_folded(name), key)
            within = within or key
    return found, written


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _found(part: str) -> str:
    """The key of a folded text that is on the list, or that begins with what is, else ""."""
    written = _read()[1]
    if part in written:
        return written[part]
    if not _HAN.search(part):
        return ""
    simple = in_script(part, "Hans").rstrip(_ENDINGS) or part
    if simple in written:
        return written[simple]
    # 上海徐汇, 中国上海: words run on without a space, the longest name counts.
    starts = next((simple[:n] for n in range(len(simple), 1, -1) if simple[:n] in written), "")
    if not starts:
        return ""
    rest = _found(simple[len(starts):])
    is_finer = rest and known()[rest].country == written[starts]
    return rest if is_finer else written[starts]


def levels(text: str) -> tuple[str, ...]:
    """The keys of what a text names, the finest place first, then what it is in; () for nothing.

    Whatever is asked by key stays comparable for as long as the list's first names do.
    """
    whole = _folded(text)[:PLACE_MAX_CHARS].strip()
    if not whole:
        return ()
    if key := _found(whole) if not _PARTS.search(whole) else _read()[1].get(whole, ""):
        return _with_country([key])
    parts = [part for piece in _PARTS.split(whole) if (part := piece.strip())]
    if not parts:
        return ()
    keys = [_found(part) for part in parts]
    last = next((key for key in reversed(keys) if key), "")
    if not last:
        return (parts[0],)
    country = known()[last].country or last
    if keys[0] and _country_of(keys[0]) != country:
        keys[0] = ""
        parts[0] = f"{parts[0]}, {last}"
    here = [key for key in keys if key and _country_of(key) == country]
    finest = sorted(dict.fromkeys(here), key=lambda key: not known()[key].country)
    own = [] if keys[0] else [parts[0]]
    return _with_country([*own, *finest])


def _country_of(key: str) -> str:
    return known()[key].country or key


def _with_country(keys: Sequence[str]) -> tuple[str, ...]:
    country = known()[keys[-1]].country
    found = dict.fromkeys([*keys, country] if country else keys)
    return tuple(found)[:LEVELS_MAX]


def name(key: str, *, lang: str) -> str:
    """What a place of the list is called in a language, "" where the list does not say."""
    place = known().get(key)
    return place.names.get(lang, "") if place is not None else ""


def named(text: str, *, lang: str) -> str:
    """What a place's text is in a language, "" where the list does not know all of it.

    成都市 and "Chengdu, Sichuan" are known whole; 成都人民公园 is not, nor is "Paris, Texas", as
    the Paris of the list is elsewhere.
    """
    keys = _all_of(_folded(text)) if len(text) <= PLACE_MAX_CHARS else ()
    names = [name(key, lang=lang) for key in keys]
    if not all(names) or len({_country_of(key) for key in keys}) != 1:
        return ""
    return "".join(reversed(names)) if lang in UNSPACED else ", ".join(names)


def _all_of(whole: str) -> tuple[str, ...]:
    """The keys of a folded text made of nothing but names, finest first, its country last."""
    if whole in _read()[1]:
        return (_read()[1][whole],)
    keys: list[str] = []
    for part in _PARTS.split(whole):
        found = _run_on(part.strip())
        if not found:
            return ()
        keys += found
    return tuple(sorted(dict.fromkeys(keys), key=lambda key: not known()[key].country))


def _run_on(part: str) -> tuple[str, ...]:
    """The keys of names that run on without a space, the last and finest first."""
    written = _read()[1]
    if part in written:
        return (written[part],)
    if not _HAN.search(part):
        return ()
    simple = in_script(part, "Hans")
    for n in range(len(simple), 1, -1):
        key = written.get(simple[:n]) or written.get(simple[:n].rstrip(_ENDINGS))
        rest = _run_on(simple[n:]) if key and n < len(simple) else ()
        if key and (rest or n == len(simple)):
            return (*rest, key)
    return ()


async def kept(
    reads: Reads, keys: Iterable[TextKey], places: Iterable[TextKey], *, target: Lang
) -> dict[TextKey, Kept]:
    """Texts as `translation.queries.kept` has them, but ``places`` as `told` tells them."""
    found = await translation.kept(reads, keys, target=target)
    return found | {key: told(found[key], target=target) for key in places if key in found}


def told(kept: Kept, *, target: Lang) -> Kept:
    """A place's text with its name from the list as its rendition, where the list knows all of it.

    No engine is asked then, and a reader without one reads it too. The language of a name too
    short to tell is that of its letters; what a person said of it stays.
    """
    words = named(kept.text, lang=target)
    is_ours = kept.rendition is not None and kept.rendition.origin is Origin.PERSON
    if not words or is_ours:
        return kept
    if _folded(words) == _folded(in_script(kept.text, "Hans")):
        return msgspec.structs.replace(kept, langs=(target,), rendition=None)
    letters = CHINESE if _HAN.search(kept.text) else ENGLISH
    return msgspec.structs.replace(
        kept, langs=(letters,) if kept.langs in ((), (UNKNOWN,)) else kept.langs,
        rendition=Rendition(
            text=words, target=target, engine=BY_LIST, engine_version="", origin=Origin.ENGINE,
            by_id=None, confidence_ratio=1.0, failed=False, made_at=clock.now(),
        ),
    )
