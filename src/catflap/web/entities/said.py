"""A text as one reader sees it: the original, a rendition, a reading aid."""

from __future__ import annotations

import msgspec
from markupsafe import Markup, escape

from catflap.translation import spans
from catflap.translation.codes import Lang
from catflap.translation.lexicon import Lexicon
from catflap.translation.model import AidWord, Kept, Origin, Reading
from catflap.web.words import Words


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One text. ``state``: own, translated, pending, aid, none (nothing can help)."""

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

    @property
    def first(self) -> str:
        """What is shown first, as plain text."""
        return self.translation_plain or self.plain

    @property
    def first_lang(self) -> str:
        """The language of what is shown first."""
        return self.target if self.translation_plain else self.lang


def html_lang(code: str) -> str:
    """A code for the ``lang`` attribute; nothing where the language is unknown."""
    return {"zh": "zh-Hans", "und": "", "zxx": ""}.get(code, code)


def marked_up(text: str) -> Markup:
    """Plain text as HTML: escaped, paragraphs, line breaks, links, mentions, tags."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        inside = Markup("").join(_linked(part) for part in spans.linked(paragraph))
        paragraphs.append(Markup("<p>{}</p>").format(inside))
    return Markup("").join(paragraphs)


def _linked(part: spans.Linked) -> Markup:
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
    return Markup("<br>").join(escape(line) for line in part.text.split("\n"))


def said(
    kept: Kept, *, reading: Reading, words: Words, has_engine: bool, lexicon: Lexicon,
    with_aid: bool = True,
) -> Said:
    """A kept text for a reader."""
    foreign = reading.is_foreign(kept.langs)
    rendition = kept.rendition if foreign else None
    usable = rendition is not None and not rendition.failed
    state, by, aid = "own", "", []
    if usable and rendition is not None:
        state, by = "translated", _by(words, rendition.engine, rendition.origin)
    elif foreign and has_engine and rendition is None:
        state = "pending"
    elif foreign:
        source = next((lang for lang in kept.langs if lang not in reading.reads), kept.lang)
        can = lexicon.supports(source=source, target=reading.target)
        state = "aid" if can else "none"
        if can and with_aid:
            aid = lexicon.aid(kept.text, source=source, target=reading.target)
    translated = rendition.text if usable and rendition is not None else ""
    return Said(
        key=kept.key, original=marked_up(kept.text), plain=kept.text,
        lang=html_lang(kept.lang), translation=marked_up(translated) if translated else None,
        translation_plain=translated, target=html_lang(Lang(reading.target)), state=state, by=by,
        aid=aid,
    )


def _by(words: Words, engine: str, origin: Origin) -> str:
    _ = words.gettext
    if origin is Origin.ENGINE:
        return _("Translated by %(engine)s", engine=engine)
    if origin is Origin.MEMORY:
        return _("A person’s translation, from memory")
    return _("Corrected by people here")
