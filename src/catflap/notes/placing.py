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
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from catflap.translation.scripts import in_script

KNOWN = Path(__file__).parent / "seeds" / "places.toml"
LEVELS_MAX = 4
PLACE_MAX_CHARS = 60
_PARTS = re.compile(r"[,、，;；/／|｜·・•()（）]+|\s[-–—]\s")
_ENDINGS = "市省县區区"
_HAN = re.compile(r"[㐀-鿿]")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A place of the list: its name in English and in Chinese, and the country it is in, or ""."""

    key: str
    english: str
    chinese: str
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
            found[key] = Known(key=key, english=names[0], chinese=names[1], country=within)
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
    """What a place of the list is called in a language, "" for one that is not on it."""
    place = known().get(key)
    if place is None:
        return ""
    return place.chinese if lang == "zh" else place.english
