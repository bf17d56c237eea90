"""Who sees a note: hiding the other way round, for telling many at once of one note."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.notes import queries
from catflap.notes.model import Note, Visibility
from catflap.notes.tables import boards, boosts, collected, hushed, likes, pins
from catflap.people import standing
from catflap.people.model import PersonId

_i64 = sa.BigInteger

def _who(person: sa.Column[int], about: sa.Column[int]) -> Statement[int]:
    """Which of some people stand beside a note in a table."""
    return Statement(
        sa.select(person).where(
            about == sa.bindparam("note", type_=_i64), among(person, "viewers")
        ),
        int,
    )


_LIKE_IT = _who(likes.c.person_id, likes.c.note_id)
_BOOSTED_IT = _who(boosts.c.person_id, boosts.c.note_id)
_PINNED_IT = _who(pins.c.person_id, pins.c.note_id)
_HUSHED_IT = _who(hushed.c.person_id, hushed.c.root_id)
_COLLECTED_IT = Statement(
    sa.select(boards.c.owner_id)
    .join(collected, collected.c.board_id == boards.c.id)
    .where(
        collected.c.note_id == sa.bindparam("note", type_=_i64),
        among(boards.c.owner_id, "viewers"),
    ),
    int,
)


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """Which of some people like a note, collected, boosted or pinned it, or hushed its thread."""

    like: set[int]
    collected: set[int]
    boosted: set[int]
    pinned: set[int]
    hushed: set[int]


NOTHING_MARKED = Marked(
    like=set(), collected=set(), boosted=set(), pinned=set(), hushed=set()
)


async def seen_by(reads: Reads, note: Note, viewers: Collection[int]) -> set[int]:
    """Which of these people see a note in a list, by the rules of `queries.hide`.

    Three queries, whatever the number of viewers; as many again for a comment's note.
    """
    if not viewers:
        return set()
    hidden = await standing.hidden_from_each(reads, note.author_id, viewers)
    followers: set[int] = set()
    mentioned: set[int] = set()
    if note.visibility != Visibility.PUBLIC:
        followers = await standing.followers_among(reads, note.author_id, viewers)
        mentioned = set(await queries.mentioned_in(reads, note.id))
    seen = {
        viewer for viewer in viewers
        if not queries.reason(
            note, PersonId(viewer), hidden[viewer],
            followed={note.author_id} if viewer in followers else set(),
            mentioned={note.id} if viewer in mentioned else set(),
        )
    }
    if note.root_id is None:
        return seen
    root = (await queries.by_ids(reads, [note.root_id])).get(note.root_id)
    return await seen_by(reads, root, seen) if root is not None else set()


async def marked(reads: Reads, note: Note, viewers: Collection[int]) -> Marked:
    """What these people did with a note. Five queries."""
    if not viewers:
        return NOTHING_MARKED
    asked = sorted(viewers)
    return Marked(
        like=set(await reads.all(_LIKE_IT, note=note.id, viewers=asked)),
        collected=set(await reads.all(_COLLECTED_IT, note=note.id, viewers=asked)),
        boosted=set(await reads.all(_BOOSTED_IT, note=note.id, viewers=asked)),
        pinned=set(await reads.all(_PINNED_IT, note=note.id, viewers=asked)),
        hushed=set(
            await reads.all(_HUSHED_IT, note=note.root_id or note.id, viewers=asked)
        ),
    )
