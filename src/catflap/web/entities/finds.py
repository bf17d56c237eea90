"""What search shows of a note: its title and the part of it that answers, marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from markupsafe import Markup

from catflap.notes.model import Note
from catflap.search.marking import Marker, Part
from catflap.translation.model import TextKey
from catflap.web.entities.said import Said
from catflap.web.entities.shown import Card

TITLE_SHOWN_CHARS = 120
SNIPPET_ROWS = 9
"""Rows of the waterfall that a snippet under a picture takes."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A card's marked words; no ``snippet`` where the title says it, or a warning hides it."""

    title: Markup | None
    title_lang: str
    snippet: Markup | None
    snippet_lang: str
    span: int


def marked(parts: Sequence[Part]) -> Markup:
    """Parts as HTML: escaped, with ``<mark>`` round those that were looked for."""
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part.text) if part.is_marked else part.text
        for part in parts
    )


def found(note: Note, card: Card, texts: Mapping[str, Said], *, marker: Marker) -> Found:
    """A card's words as this reader reads them, marked where the query's words stand.

    What answers only as it was written is shown as it was written.
    """
    title = card.title
    own = marker.parts(title.first[:TITLE_SHOWN_CHARS]) if title is not None else []
    is_said = any(part.is_marked for part in own)
    parts: Sequence[Part] = []
    lang = ""
    for text, of in _candidates(note, card, texts, with_originals=not is_said):
        if parts := marker.snippet(text):
            lang = of
            break
    snippet = marked(parts) if parts else None
    taken = SNIPPET_ROWS if snippet is not None and card.cover is not None else 0
    return Found(
        title=marked(own) if own else None, title_lang=title.first_lang if title else "",
        snippet=snippet, snippet_lang=lang, span=card.span + taken,
    )


def _candidates(
    note: Note, card: Card, texts: Mapping[str, Said], *, with_originals: bool
) -> Iterator[tuple[str, str]]:
    """Texts that may hold what was looked for, and their languages, as read before as written.

    A warning stands before the note's words here too, so only the title and itself are shown.
    """
    if card.warning is not None:
        keys = [note.warning_key]
    else:
        alt = card.cover.alt.key if card.cover is not None and card.cover.alt else ""
        keys = [note.body_key, note.place_key, TextKey(alt)]
    every = [texts[key] for key in keys if key in texts]
    for text in every:
        yield text.first, text.first_lang
    if not with_originals:
        return
    if note.title_key and note.title_key in texts:
        every.append(texts[note.title_key])
    for text in every:
        if text.translation_plain:
            yield text.plain, text.lang
