"""The language of a text, found from its words rather than believed from a tag.

Spans are masked first, then the script decides; only Latin text asks a library, restricted to
few languages, with the author's languages as prior; a language that it cannot know is believed to
its author where the words are not clearly of another. Short Latin texts fool every library ("so
cute" is French to lingua, "lol" Indonesian), so below `SURE_LETTERS` letters the prior decides,
and without one the answer is "unknown", which is shown and never translated. Above it, the small
words that only one of the languages has weigh with the library's letters: "I felt that in my
spine" is German to lingua alone.

Measured on two cores: 30 µs a text, 17 MB of memory in lingua's low-accuracy mode with nine
languages (230 MB and 77 µs in its high-accuracy mode, for no gain once the prior is used).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import msgspec
import regex

from catflap.translation.codes import CHINESE, NO_WORDS, UNKNOWN, Lang
from catflap.translation.small_words import SPEAKERS
from catflap.translation.spans import REMEMBERED_CHARS, blanked, lines, words_only

SURE_LETTERS = 12
SHORT_LETTERS = 20
"""Below so many, letters alone are believed only where they leave hardly a doubt."""
SHORT_SURE_RATIO = 0.95
SECOND_HAN_CHARS = 2
SECOND_LATIN_WORDS = 3
"""A second language is one that says so much at a stretch: less is a borrowed word."""
WIDE_WEIGHT = 3
"""A Chinese, Japanese or Korean character says about as much as three Latin letters."""
PRIOR_ENOUGH_RATIO = 0.3
CONFIDENT_RATIO = 0.5

LATIN_LANGUAGES = ("en", "es", "fr", "de", "pt", "it", "id", "vi", "tr")

_BEYOND = """
    nl sv no da fi is fo pl cs sk hu ro hr bs sl sq et lv lt mt ga cy gd br eu ca gl oc ast lb gsw
    nds af ms tl ceb ilo jv su sw so ha yo ig zu xh st rw mg eo la ht mi haw sm az uz tk ku sco pcm
"""
BEYOND = frozenset(_BEYOND.split())
"""Languages in Latin letters that nobody here can tell: only their authors say so."""
_KIN = {
    "ms": "id", "jv": "id", "su": "id", "gl": "pt es", "ast": "es pt", "ca": "es fr it",
    "oc": "fr es it", "az": "tr", "tk": "tr", "lb": "de", "gsw": "de", "nds": "de", "sco": "en",
    "pcm": "en",
}
"""Those that share their small words with a language we can tell, which then tell nothing."""
_SAME_SCRIPT = {
    "ru": "bg sr mk be kk ky mn tg", "ar": "fa ur ps ug ckb sd", "hi": "mr ne", "he": "yi",
}
CLEAR_RATIO = 0.3
"""The share of small words that contradicts an author: some 45 % in English, 35 % in German."""

SMALL_WORD_FACTOR = 10.0
"""How much likelier a small word is in a language that has it than in one that has not."""
SURE_SMALL_WORDS = 3
"""So many small words more than any other language has leave nothing for letters to say: they
would have to speak a thousandfold against it, and asking them is most of what looking costs."""

_SCRIPTS = {
    "ko": regex.compile(r"\p{Hangul}"),
    "ru": regex.compile(r"\p{Cyrillic}"),
    "ar": regex.compile(r"\p{Arabic}"),
    "th": regex.compile(r"\p{Thai}"),
    "hi": regex.compile(r"\p{Devanagari}"),
    "he": regex.compile(r"\p{Hebrew}"),
    "el": regex.compile(r"\p{Greek}"),
}
_IN_SCRIPTS = regex.compile(
    r"[\p{Hangul}\p{Cyrillic}\p{Arabic}\p{Thai}\p{Devanagari}\p{Hebrew}\p{Greek}]"
)
_HAN = regex.compile(r"\p{Han}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_PINYIN = regex.compile(r"\p{L}*[āēīōūǖǎěǐǒǔǚǜĀĒĪŌŪǍĚǏǑǓ]\p{L}*")
# xswl, u1s1, yyds, gr8: what is written without vowels, or with digits inside, is of no language
# where nothing else stands beside it. "Why" and "my" are words.
_CODE = regex.compile(
    r"(?<![\p{L}\p{N}])(?:(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]+"
    r"|(?![b-df-hj-np-tv-z]{1,3}y(?![a-z]))[b-df-hj-np-tv-zB-DF-HJ-NP-TV-Z]{2,8})(?![\p{L}\p{N}])"
)
_LATIN_WORD = regex.compile(r"\p{Latin}[\p{Latin}\p{M}'’]*")
_WORD = regex.compile(r"[\p{L}\p{M}']+")
_NAME = regex.compile(r"\p{Lu}[\p{Ll}\p{M}'’]+")
_WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_OTHER = regex.compile(r"[^\P{L}\p{Latin}]")
# No run goes on beyond what `segments` cuts a line at.
_OF_RUNS = regex.compile(
    r"(?P<latin>\p{Latin}[\p{Latin}\p{M}'’]*)|(?P<other>[^\P{L}\p{Latin}])"
    r"|(?P<end>[。！？!?…]|\.(?=\s+[\p{Lu}\p{N}\"“‘(]))"
)
_UKRAINIAN = regex.compile(r"[іїєґІЇЄҐ]")


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """Languages found in a text, main one first; empty where there are no words."""

    langs: tuple[Lang, ...]

    @property
    def lang(self) -> Lang:
        """The main language."""
        return self.langs[0] if self.langs else NO_WORDS


def detect(text: str, *, prior: Sequence[str] = ()) -> Detected:
    """The languages of a text, most of it first, line by line; a language is named once.

    ``prior`` are the languages its author reads, best first.
    """
    weights: Counter[Lang] = Counter()
    for line in lines(text):
        for place, lang in enumerate(line_languages(line, prior=prior)):
            weights[lang] += len(line) if place == 0 else 1
    known = [lang for lang, _ in weights.most_common() if lang != UNKNOWN]
    if known:
        return Detected(langs=tuple(known))
    return Detected(langs=(UNKNOWN,) if weights else ())


def line_languages(
    line: str, *, prior: Sequence[str] = (), found: Sequence[Lang] = ()
) -> tuple[Lang, ...]:
    """The languages of one line, main one first; empty where it has no words.

    ``found`` are all those of the text it stands in: where only one of them has Latin letters,
    nobody needs to look which it is.
    """
    of_text = [lang for lang in found if lang in LATIN_LANGUAGES]

    def of_latin(words: Sequence[str]) -> Lang:
        return of_text[0] if len(of_text) == 1 else latin_language(" ".join(words), prior=prior)

    # Pinyin tells nothing of the language it is quoted in.
    words = words_only(line)
    if not words.isascii():
        words = _PINYIN.sub(" ", words)
    latin = _LATIN_WORD.findall(words)
    other, count = _by_script(words, prior=prior)
    if not count and not _LATIN_WORD.search(_CODE.sub(" ", words)):
        return ()
    han_like = other in ("zh", "ja")
    if count and (count >= len(latin) or (han_like and count * 2 >= len(latin))):
        if len(latin) >= SECOND_LATIN_WORDS and _runs(words, latin=True):
            return (other, of_latin(latin))
        return (other,)
    main = of_latin(latin)
    is_second = count >= SECOND_HAN_CHARS and _runs(words, latin=False)
    return (main, other) if is_second else (main,)


def is_latin(lang: Lang) -> bool:
    """Whether a language that `line_languages` gives is written in Latin letters."""
    return lang in LATIN_LANGUAGES or lang in BEYOND


def runs_inside(line: str, *, of: Lang) -> list[tuple[int, int]]:
    """Where a line speaks another language than it mostly does, from where to where.

    Empty where ``of`` outweighs what else there is: then the line is ``of`` that language. Of
    Latin letters, a borrowed word and a name are no run.
    """
    words = _PINYIN.sub(lambda match: " " * len(match.group()), blanked(line))
    letters = sum(map(len, _LATIN_WORD.findall(words)))
    others = len(_OTHER.findall(words)) + (WIDE_WEIGHT - 1) * len(_WIDE.findall(words))
    latin = is_latin(of)
    if (letters > others) if latin else (others > letters):
        return []
    return _runs(words, latin=latin)


def _runs(words: str, *, latin: bool) -> list[tuple[int, int]]:
    """Where at least `SECOND_LATIN_WORDS` or `SECOND_HAN_CHARS` follow each other."""
    wanted = "latin" if latin else "other"
    long: list[tuple[int, int]] = []
    run: list[regex.Match[str]] = []
    for match in (*_OF_RUNS.finditer(words), None):
        if match is not None and match.lastgroup == wanted:
            run.append(match)
            continue
        if run and _is_language([one.group() for one in run], latin=latin):
            long.append((run[0].start(), run[-1].end()))
        run = []
    return long


def _is_language(run: Sequence[str], *, latin: bool) -> bool:
    if not latin:
        return len(run) >= SECOND_HAN_CHARS
    is_name = all(_NAME.fullmatch(word) for word in run)
    is_code = not _LATIN_WORD.search(_CODE.sub(" ", " ".join(run)))
    return len(run) >= SECOND_LATIN_WORDS and not is_name and not is_code


def _by_script(words: str, *, prior: Sequence[str]) -> tuple[Lang, int]:
    if words.isascii():
        return UNKNOWN, 0
    han, kana = len(_HAN.findall(words)), len(_KANA.findall(words))
    if kana and kana * 10 >= han:
        return Lang("ja"), han + kana
    counts = {CHINESE: han}
    if _IN_SCRIPTS.search(words):
        counts |= {Lang(code): len(found.findall(words)) for code, found in _SCRIPTS.items()}
    lang = max(counts, key=lambda code: counts[code])
    if lang == "ru" and _UKRAINIAN.search(words):
        return Lang("uk"), counts[lang]
    fitting = {lang, *_SAME_SCRIPT.get(lang, "").split()}
    said = next((Lang(code) for code in prior if code in fitting), lang)
    return said, counts[lang]


def latin_language(text: str, *, prior: Sequence[str]) -> Lang:
    """The language of words in Latin letters, ``und`` when unsure.

    Where the first language of ``prior`` that is written so is one of `BEYOND`, it is believed
    unless the words are clearly of another.
    """
    first = next((Lang(code) for code in prior if is_latin(Lang(code))), None)
    likely = next((Lang(code) for code in prior if code in LATIN_LANGUAGES), None)
    beyond = first if first in BEYOND else None
    if len(text) > REMEMBERED_CHARS:
        return _latin_language(text, likely, beyond)
    return _latin_language_before(text, likely, beyond)


def _latin_language(text: str, likely: Lang | None, beyond: Lang | None) -> Lang:
    letters = count_letters(text)
    if beyond is not None:
        if letters < SURE_LETTERS:
            return beyond if likely is None else UNKNOWN
        return _contradicting(text, beyond) or beyond
    if letters < SURE_LETTERS:
        return likely or UNKNOWN
    small = _small_words(text)
    (leading, most), (_, next_most) = [*small.most_common(2), ("", 0), ("", 0)][:2]
    if most - next_most >= SURE_SMALL_WORDS:
        return Lang(leading)
    found = _detector().compute_language_confidence_values(text)
    raw = {
        code: value.value * SMALL_WORD_FACTOR ** small[code]
        for value in found
        if (code := value.language.iso_code_639_1.name.lower())
    }
    whole = sum(raw.values()) or 1.0
    ratios = {code: value / whole for code, value in raw.items()}
    best = max(ratios, key=lambda code: ratios[code])
    if likely is not None and ratios.get(likely, 0.0) >= PRIOR_ENOUGH_RATIO * ratios[best]:
        return likely
    if letters < SHORT_LETTERS:
        alone = next(v.value for v in found if v.language.iso_code_639_1.name.lower() == best)
        return _of_short(best, alone, small) or likely or UNKNOWN
    return Lang(best) if ratios[best] >= CONFIDENT_RATIO else (likely or UNKNOWN)


def count_letters(text: str) -> int:
    """How many letters of any script stand in a text."""
    return sum(map(str.isalpha, text))


def _small_words(text: str) -> Counter[str]:
    """How many small words of each language stand in a text."""
    return Counter(
        lang for word in _WORD.findall(text.lower().replace("’", "'"))
        for lang in SPEAKERS.get(word, ())
    )


def _contradicting(text: str, said: Lang) -> Lang | None:
    """The language that a text clearly is in though it is said to be in one we cannot tell.

    Letters alone find German in all Dutch and Indonesian in all Polish: only where they agree
    with many small words are they believed.
    """
    small = _small_words(text)
    most = max(small.values(), default=0)
    if most < max(2.0, CLEAR_RATIO * len(_WORD.findall(text))):
        return None  # whatever the letters say
    values = _detector().compute_language_confidence_values(text)
    best = values[0].language.iso_code_639_1.name.lower()
    is_clear = small[best] == most
    return Lang(best) if is_clear and best not in _KIN.get(said, "").split() else None


def _of_short(best: str, ratio: float, small: Counter[str]) -> Lang | None:
    """The language of a short text: the small words' first, then the letters' if they are sure.

    "W mom, L landlord" has German letters, "delulu is the solulu" Indonesian ones.
    """
    most = max(small.values(), default=0)
    if small[best] == most and (most or ratio >= SHORT_SURE_RATIO):
        return Lang(best)
    leading = [code for code, count in small.items() if count == most]
    return Lang(leading[0]) if most > 1 and len(leading) == 1 else None


# Asked of a translation's sentence and of the whole, which mostly is the same.
_latin_language_before = lru_cache(maxsize=1024)(_latin_language)


@cache
def _detector() -> Any:
    # Loaded at the first Latin text: a community that writes Chinese never pays for it.
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in LATIN_LANGUAGES]
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    return builder.with_low_accuracy_mode().build()
