"""A text as one reader sees it: the original, a rendition, a reading aid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import regex
from markupsafe import Markup, escape

from catflap.translation import spans
from catflap.translation.codes import CHINESE, NAMES, Lang
from catflap.translation.composing import composed
from catflap.translation.glossary import Glossary
from catflap.translation.lexicon import Lexicon
from catflap.translation.model import AidWord, Kept, Origin, Reading, Rendition
from catflap.translation.scripts import in_script
from catflap.words.catalogue import Words


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One text. ``state``: own, translated, pending, aid, none (nothing can help).

    ``refused`` says that engines answered and none of their answers could be shown; ``unrouted``
    that no engine here knows the two languages.
    """

    key: str
    original: Markup
    plain: str
    lang: str
    translation: Markup | None
    translation_plain: str
    target: str
    state: str
    by: str
    aid: list[list[AidWord]]
    can_aid: bool
    source: Lang
    into: Lang
    refused: bool
    unrouted: bool

    @property
    def first(self) -> str:
        """What is shown first, as plain text."""
        return self.translation_plain or self.plain

    @property
    def first_line(self) -> Markup:
        """What is shown first, with its links, for standing within a line."""
        return one_line(self.first)

    @property
    def first_lang(self) -> str:
        """The language of what is shown first."""
        return self.target if self.translation_plain else self.lang


def html_lang(code: str, *, script: str = "") -> str:
    """A code for the ``lang`` attribute; nothing where the language is unknown."""
    return {"zh": f"zh-{script or 'Hans'}", "und": "", "zxx": ""}.get(code, code)


class Underlined(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the glossary where it stands in a text, and its number there."""

    start: int
    end: int
    term: int


Underline = Callable[[str], Sequence[Underlined]]


def _nothing(text: str) -> Sequence[Underlined]:
    del text
    return ()


def marked_up(text: str, *, underline: Underline = _nothing) -> Markup:
    """Plain text as HTML: escaped, paragraphs, line breaks, links, mentions, tags, terms."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        inside = Markup("").join(_linked(part, underline) for part in spans.linked(paragraph))
        paragraphs.append(Markup("<p>{}</p>").format(inside))
    return Markup("").join(paragraphs)


def one_line(text: str) -> Markup:
    """`marked_up` without paragraphs, for a line of a profile."""
    return Markup("").join(_linked(part, _nothing) for part in spans.linked(text))


def _linked(part: spans.Linked, underline: Underline) -> Markup:
    if part.kind == "link":
        address = part.text if part.text.startswith("http") else f"https://{part.text}"
        shown = part.text.split("://")[-1]
        return Markup('<a href="{}" rel="nofollow noopener ugc" target="_blank">{}</a>').format(
            address, shown[:60] + ("…" if len(shown) > 60 else "")
        )
    if part.kind == "mention" and "@" not in part.text[1:]:
        return Markup('<a href="/@{}">{}</a>').format(part.text[1:], part.text)
    if part.kind == "tag":
        return Markup('<a href="/tags/{}">{}</a>').format(part.text[1:], part.text)
    made, end = [], 0
    for found in underline(part.text):
        made.append(_lines(part.text[end : found.start]))
        made.append(Markup('<a class="term" href="/glossary/{}">{}</a>').format(
            found.term, part.text[found.start : found.end]
        ))
        end = found.end
    return Markup("").join([*made, _lines(part.text[end:])])


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


class Eyes(msgspec.Struct, frozen=True, kw_only=True):
    """What turns a kept text into what one reader sees."""

    reading: Reading
    words: Words
    lexicon: Lexicon
    glossary: Glossary
    has_engine: bool
    names: Mapping[int, str] = {}


def said(kept: Kept, *, eyes: Eyes, with_aid: bool = True) -> Said:
    """A kept text for a reader. ``eyes.names`` are those of people who corrected translations."""
    reading = eyes.reading
    foreign = reading.is_foreign(kept.langs)
    rendition = kept.rendition if foreign else None
    usable = rendition if rendition is not None and not rendition.failed else None
    source = next((lang for lang in kept.langs if lang not in reading.reads), kept.lang)
    can_aid = foreign and eyes.lexicon.supports(source=source, target=reading.target)
    aid: list[list[AidWord]] = []
    if usable:
        state = "translated"
    elif foreign and eyes.has_engine and rendition is None:
        state = "pending"
    elif foreign:
        state = "aid" if can_aid else "none"
        if can_aid and with_aid:
            lines = eyes.lexicon.aid(kept.text, source=source, target=reading.target)
            aid = [line for line in lines if any(word.gloss or word.reading for word in line)]
    else:
        state = "own"
    original = in_script(kept.text, reading.script) if CHINESE in kept.langs else kept.text
    translated = composed(kept, usable, reading=reading) if usable else ""
    return Said(
        key=kept.key,
        original=marked_up(original, underline=_terms(kept, eyes) if foreign else _nothing),
        plain=original, lang=html_lang(kept.lang, script=reading.script),
        translation=marked_up(translated, underline=_rendered(kept, eyes)) if usable else None,
        translation_plain=translated, target=html_lang(reading.target, script=reading.script),
        state=state, aid=aid, can_aid=can_aid,
        by=credit(usable, words=eyes.words, names=eyes.names) if usable else "",
        source=source, into=reading.target,
        refused=rendition is not None and rendition.failed,
        unrouted=foreign and usable is None and not eyes.has_engine,
    )


def _terms(kept: Kept, eyes: Eyes) -> Underline:
    """Where words of the glossary stand in the original."""
    langs = [lang for lang in kept.langs if lang not in eyes.reading.reads]

    def found(text: str) -> Sequence[Underlined]:
        return [
            Underlined(start=one.start, end=one.end, term=one.entry.id)
            for one in eyes.glossary.found(text, langs=langs)
            if one.entry.told((eyes.reading.target, *eyes.reading.reads))
        ]

    return found


def _rendered(kept: Kept, eyes: Eyes) -> Underline:
    """Where what the glossary says for the original's words stands in the translation."""
    langs = [lang for lang in kept.langs if lang not in eyes.reading.reads]
    target = eyes.reading.target
    script = eyes.reading.script if target == CHINESE else ""
    wanted = [
        (_as_word(in_script(meaning.rendering, script)), one.entry.id)
        for one in eyes.glossary.found(kept.text, langs=langs)
        if (meaning := one.entry.meaning(target)) and meaning.rendering
    ]

    def found(text: str) -> Sequence[Underlined]:
        places = [
            Underlined(start=place.start(), end=place.end(), term=term)
            for form, term in wanted
            if (place := form.search(text))
        ]
        places.sort(key=lambda place: place.start)
        return [p for n, p in enumerate(places) if not n or p.start >= places[n - 1].end]

    return found


def _as_word(words: str) -> regex.Pattern[str]:
    """Words where they stand as words: "op" is none of "shop", while Chinese has no spaces."""
    before = "(?<![A-Za-z0-9])" if words[0].isascii() else ""
    after = "(?![A-Za-z0-9])" if words[-1].isascii() else ""
    return regex.compile(f"{before}{regex.escape(words)}{after}", regex.IGNORECASE)


def credit(rendition: Rendition, *, words: Words, names: Mapping[int, str]) -> str:
    """Who or what made a rendition, in the reader's words; ``names`` as in `Eyes`."""
    _ = words.gettext
    if rendition.origin is Origin.MEMORY:
        return _("A person’s translation, from memory")
    if rendition.origin is Origin.PERSON:
        name = names.get(rendition.by_id or 0)
        return _("Translated by %(engine)s", engine=name) if name else _("Corrected by people here")
    if rendition.via is not None:
        return _(
            "Translated by %(engine)s through %(language)s", engine=rendition.engine,
            language=NAMES.get(rendition.via, rendition.via),
        )
    return _("Translated by %(engine)s", engine=rendition.engine)
