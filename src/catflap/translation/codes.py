"""The one canonicaliser of language codes.

Peers' servers lose their translate button for Chinese because ``zh-CN``, ``zh-Hans`` and ``zh``
are compared as strings. Here every code becomes one of few: the bare language for reading, since
simplified and traditional Chinese are one language to translate, with the script a preference.

Source: BCP 47 (RFC 5646); ISO 639-3's ``und`` (undetermined), ``zxx`` (no linguistic content).
"""

from __future__ import annotations

import re
from typing import NewType

Lang = NewType("Lang", str)

UNKNOWN = Lang("und")
NO_WORDS = Lang("zxx")
CHINESE = Lang("zh")
ENGLISH = Lang("en")
UNSPACED = frozenset({Lang("zh"), Lang("yue"), Lang("ja"), Lang("th")})
"""Languages that put no space between sentences or words."""

_FORM = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{1,8})*", re.ASCII | re.IGNORECASE)
_ALIASES = {
    "cmn": "zh", "zho": "zh", "chi": "zh", "wuu": "zh", "eng": "en", "jpn": "ja", "kor": "ko",
    "spa": "es", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "por": "pt", "ita": "it",
    "rus": "ru", "ind": "id", "in": "id", "iw": "he", "ji": "yi", "vie": "vi", "tur": "tr",
    "ara": "ar", "tha": "th", "nob": "no", "nb": "no", "nn": "no", "fil": "tl", "mis": "und",
    "mul": "und",
}
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})

NAMES: dict[str, str] = {
    "zh": "中文", "en": "English", "es": "Español", "fr": "Français", "de": "Deutsch",
    "ja": "日本語", "ko": "한국어", "pt": "Português", "it": "Italiano", "ru": "Русский",
    "id": "Bahasa Indonesia", "vi": "Tiếng Việt", "tr": "Türkçe", "ar": "العربية",
    "th": "ไทย", "hi": "हिन्दी", "he": "עברית", "el": "Ελληνικά", "uk": "Українська",
}
"""Languages one can choose to read, under their own names."""


def canonical(code: str) -> Lang:
    """The language of a BCP 47 code in any of its spellings, ``und`` where it is none.

    Cantonese (``yue``) stays itself: its readers read written Chinese, but not the reverse.
    """
    text = code.strip()
    if not _FORM.fullmatch(text):
        return UNKNOWN
    language = re.split("[-_]", text.lower())[0]
    return Lang(_ALIASES.get(language, language))


def script_preference(code: str) -> str:
    """``Hant`` or ``Hans`` for a Chinese code, "" for others."""
    parts = [part.lower() for part in re.split("[-_]", code.strip())]
    if canonical(code) not in (CHINESE, "yue"):
        return ""
    return "Hant" if _TRADITIONAL.intersection(parts) else "Hans"


def same_language(one: str, other: str) -> bool:
    """Whether two codes, however spelled, name one language to read."""
    return canonical(one) == canonical(other)


def from_accept_language(header: str, *, limit: int = 5) -> tuple[Lang, ...]:
    """Languages of an ``Accept-Language`` header, most wanted first (RFC 9110, 12.5.4)."""
    weighed: list[tuple[float, Lang]] = []
    for part in header[:1000].split(","):
        code, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        lang = canonical(code)
        if lang != UNKNOWN and 0 < weight <= 1:
            weighed.append((weight, lang))
    ordered = sorted(weighed, key=lambda pair: -pair[0])
    return tuple(dict.fromkeys(lang for _, lang in ordered))[:limit]
