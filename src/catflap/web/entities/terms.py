"""A term's history as its page tells it: each change with what stood there before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from catflap.translation.codes import NAMES, Lang
from catflap.translation.term_history import Version
from catflap.words.catalogue import Words


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that changed; "" before or after for what was not there. ``lang`` is of both."""

    what: str
    before: str
    after: str
    lang: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a term. ``by`` is a name, ``deed`` what was done in words."""

    id: int
    deed: str
    by: str
    handle: str
    made_at: datetime
    lines: tuple[Line, ...]
    stands: bool


def changes(
    versions: Sequence[Version], *, lang: Lang, words: Words, names: Mapping[int, tuple[str, str]]
) -> list[Change]:
    """A term's versions, newest first, as changes; ``names`` are names and handles by person."""
    found = []
    for place, version in enumerate(versions):
        before = versions[place + 1] if place + 1 < len(versions) else None
        name, handle = names.get(version.by_id or 0, ("", ""))
        found.append(Change(
            id=version.id, deed=_deed(version, before, words), by=name, handle=handle,
            made_at=version.made_at, stands=place == 0,
            lines=tuple(_lines(version, before, lang=lang, words=words)),
        ))
    return found


def _deed(version: Version, before: Version | None, words: Words) -> str:
    _ = words.gettext
    if before is None:
        return _("written down")
    if version.removed != before.removed:
        return _("taken out") if version.removed else _("brought back")
    return _("changed")


def _lines(
    version: Version, before: Version | None, *, lang: Lang, words: Words
) -> Iterator[Line]:
    _ = words.gettext
    was = {one.target: one for one in before.meanings} if before else {}
    now = {one.target: one for one in version.meanings}
    pairs = [
        (_("Other spellings"), " · ".join(before.variants) if before else "",
         " · ".join(version.variants), lang),
        (_("What it means, in its own language"), before.note if before else "", version.note,
         lang),
    ]
    for target in dict.fromkeys((*now, *was)):
        old, new = was.get(target), now.get(target)
        name = NAMES.get(target, target)
        pairs += [
            (_("In a few words, in %(language)s", language=name), old.rendering if old else "",
             new.rendering if new else "", target),
            (_("Explained in %(language)s", language=name), old.note if old else "",
             new.note if new else "", target),
        ]
    for what, old_text, new_text, of in pairs:
        if old_text != new_text:
            yield Line(what=what, before=old_text, after=new_text, lang=of)
