"""Seals as a reader sees them: who put which on a cat tax, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from catflap.arrivals import stamping
from catflap.arrivals.model import STAMPS_FOR_KEEPSAKE, Design, Stamp
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.notes.model import Note
from catflap.people import queries as people
from catflap.translation.model import TextKey
from catflap.web import rendering
from catflap.web.entities import shown
from catflap.web.entities.said import Said
from catflap.web.entities.shown import PersonLink
from catflap.web.visit import Visit
from catflap.words.catalogue import Words

if TYPE_CHECKING:
    from catflap.web.door import Door


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A seal that could not be taken, and why, as it stands in its form again."""

    design: str
    words: str
    error: str


def designs(words: Words) -> list[tuple[str, str]]:
    """The seals to choose from, with what they show."""
    _ = words.gettext
    named = {
        Design.PAW: _("Paw"), Design.CAT: _("Cat"), Design.FISH: _("Fish"),
        Design.LEAF: _("Leaf"), Design.BOWL: _("Bowl"), Design.DOOR: _("Door"),
    }
    return [(design.value, name) for design, name in named.items()]


async def on_note(
    door: Door, visit: Visit, reads: Reads, note: int
) -> list[tuple[Stamp, PersonLink, Said | None]]:
    """The seals on a note with who put them there and what they say. Four queries."""
    found = await stamping.on_note(reads, note)
    hidden = await people.hidden_from(reads, visit.viewer)
    known = await people.by_ids(reads, [one.by_id for one in found])
    texts = await door.presenting.texts(
        reads, visit, [TextKey(one.words_key) for one in found], with_aid=False
    )
    return [
        (one, shown.person_link(known[one.by_id], now=clock.now()), texts.get(one.words_key))
        for one in found
        if one.by_id in known and one.by_id not in hidden.blocked | hidden.muted
    ]


async def sealed(
    door: Door, visit: Visit, reads: Reads, note: Note, *, tried: Tried | None = None
) -> bytes:
    """What stands under a cat tax: its seals, and for hosts a way to put theirs; else nothing."""
    tax = await stamping.of_note(reads, note.id)
    if tax is None:
        return b""
    found = await on_note(door, visit, reads, note.id)
    mine = any(one.by_id == visit.viewer for one, _, _ in found)
    may_stamp = visit.is_host and note.author_id != visit.viewer and not mine
    author = await people.by_ids(reads, [note.author_id])
    return rendering.fragment(
        visit, "seals.html", tax=tax, seals=found, may_stamp=may_stamp, note=note,
        tried=tried, designs=designs(visit.words), needed=STAMPS_FOR_KEEPSAKE,
        handle=author[note.author_id].handle if note.author_id in author else "",
    ).encode()
