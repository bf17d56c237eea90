"""Lists of notes by time, as apps page through them: a span of ids, from above or from below."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.notes import boosting, queries
from catflap.notes.model import FAMILY_MAX_TAGS, Boost, Note, NoteId
from catflap.notes.tables import (
    boards,
    boosts,
    collected,
    in_public,
    likes,
    note_links,
    note_tags,
    notes,
)
from catflap.people import queries as people
from catflap.people.model import PersonId

_i64 = sa.BigInteger
PAGE = 20
LAST = 2**63 - 1


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Ids over ``above`` and under ``below``, at most ``count``; ``upward``: those next above."""

    above: int
    below: int
    count: int
    upward: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a list by time: a note, and the boost by which it is there if it is by one."""

    id: int
    note: Note
    boost: Boost | None


class _Both:
    """One list in both directions: the newest under a place, or the next above one."""

    def __init__(self, skeleton: sa.Select[tuple[int]], id_: sa.ColumnElement[int]) -> None:
        within = skeleton.where(
            id_ > sa.bindparam("above", type_=_i64), id_ < sa.bindparam("below", type_=_i64)
        ).limit(sa.bindparam("count", type_=sa.Integer))
        self.down = Statement(within.order_by(id_.desc()), int)
        self.up = Statement(within.order_by(id_), int)

    async def ids(self, reads: Reads, span: Span, **params: object) -> list[int]:
        """Ids, newest first, whichever way they were looked for."""
        statement = self.up if span.upward else self.down
        found = await reads.all(
            statement, above=span.above, below=span.below, count=span.count, **params
        )
        return found[::-1] if span.upward else found


class _Two(_Both):
    """Two lists as one: a page's worth of each by its index, then the first of both."""

    def __init__(
        self, one: sa.Select[tuple[int]], one_id: sa.ColumnElement[int],
        other: sa.Select[tuple[int]], other_id: sa.ColumnElement[int],
    ) -> None:
        sides = ((one, one_id), (other, other_id))
        self.down = _merged([_side(skeleton, id_, id_.desc()) for skeleton, id_ in sides], "desc")
        self.up = _merged([_side(skeleton, id_, id_.asc()) for skeleton, id_ in sides], "asc")


def _side(
    skeleton: sa.Select[tuple[int]], id_: sa.ColumnElement[int], order: sa.ColumnElement[int]
) -> sa.Subquery:
    return (
        skeleton.where(
            id_ > sa.bindparam("above", type_=_i64), id_ < sa.bindparam("below", type_=_i64)
        )
        .order_by(order)
        .limit(sa.bindparam("count", type_=sa.Integer))
        .subquery()
    )


def _merged(sides: Sequence[sa.Subquery], direction: str) -> Statement[int]:
    found = sa.union_all(*(sa.select(side.c.id) for side in sides)).subquery()
    order = found.c.id.desc() if direction == "desc" else found.c.id.asc()
    return Statement(
        sa.select(found.c.id).order_by(order).limit(sa.bindparam("count", type_=sa.Integer)), int
    )


_PUBLIC = _Both(
    sa.select(notes.c.id).where(in_public),
    notes.c.id,
)
_LINKING = _Both(
    sa.select(notes.c.id)
    .join(note_links, note_links.c.note_id == notes.c.id)
    .where(
        note_links.c.preview_id == sa.bindparam("preview", type_=_i64),
        in_public,
    ),
    notes.c.id,
)
_OF_AUTHORS = _Both(
    sa.select(notes.c.id).where(among(notes.c.author_id, "authors"), notes.c.root_id.is_(None)),
    notes.c.id,
)
_ALL_OF_AUTHORS = _Both(
    sa.select(notes.c.id).where(
        among(notes.c.author_id, "authors"), notes.c.withdrawn.is_(False)
    ),
    notes.c.id,
)
_OF_AUTHOR = _Both(
    sa.select(notes.c.id).where(
        notes.c.author_id == sa.bindparam("author", type_=_i64), notes.c.withdrawn.is_(False)
    ),
    notes.c.id,
)
_ROOTS_OF_AUTHOR = _Both(
    sa.select(notes.c.id).where(
        notes.c.author_id == sa.bindparam("author", type_=_i64), notes.c.root_id.is_(None)
    ),
    notes.c.id,
)
_HOME = _Two(
    sa.select(notes.c.id).where(among(notes.c.author_id, "authors"), notes.c.root_id.is_(None)),
    notes.c.id,
    sa.select(boosts.c.id).where(among(boosts.c.person_id, "boosters")),
    boosts.c.id,
)
_AND_BOOSTS = (
    sa.select(boosts.c.id).where(boosts.c.person_id == sa.bindparam("author", type_=_i64)),
    boosts.c.id,
)
_OF_AUTHOR_WITH_BOOSTS = _Two(
    sa.select(notes.c.id).where(
        notes.c.author_id == sa.bindparam("author", type_=_i64), notes.c.withdrawn.is_(False)
    ),
    notes.c.id, *_AND_BOOSTS,
)
_ROOTS_OF_AUTHOR_WITH_BOOSTS = _Two(
    sa.select(notes.c.id).where(
        notes.c.author_id == sa.bindparam("author", type_=_i64), notes.c.root_id.is_(None)
    ),
    notes.c.id, *_AND_BOOSTS,
)
_TAGGED = _Both(
    sa.select(note_tags.c.note_id).where(note_tags.c.tag == sa.bindparam("tag")),
    note_tags.c.note_id,
)
_LIKED = _Both(
    sa.select(likes.c.note_id).where(likes.c.person_id == sa.bindparam("person", type_=_i64)),
    likes.c.note_id,
)
_COLLECTED = _Both(
    sa.select(collected.c.note_id)
    .join(boards, boards.c.id == collected.c.board_id)
    .where(boards.c.owner_id == sa.bindparam("person", type_=_i64))
    .distinct(),
    collected.c.note_id,
)


_SLOTS = tuple(f"tag_{place}" for place in range(FAMILY_MAX_TAGS))


def _some_tagged(slot: str, *, upward: bool) -> sa.Select[tuple[int]]:
    order = note_tags.c.note_id if upward else note_tags.c.note_id.desc()
    some = (
        sa.select(note_tags.c.note_id)
        .where(
            note_tags.c.tag == sa.bindparam(slot),
            note_tags.c.note_id > sa.bindparam("above", type_=_i64),
            note_tags.c.note_id < sa.bindparam("below", type_=_i64),
        )
        .order_by(order)
        .limit(sa.bindparam("count", type_=sa.Integer))
        .subquery()
    )
    return sa.select(some.c.note_id)


def _tagged_any(slots: int, *, upward: bool) -> Statement[int]:
    """A page's worth of each tag, for `queries.tagged`'s reason."""
    return Statement(
        sa.union_all(*(_some_tagged(slot, upward=upward) for slot in _SLOTS[:slots])), int
    )


_TAGGED_ANY = {
    slots: {upward: _tagged_any(slots, upward=upward) for upward in (False, True)}
    for slots in (1, 4, 8, FAMILY_MAX_TAGS)
}


class _Under(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    parent_id: int


THREAD_MAX = 4000

_BELOW = Statement(
    sa.select(notes.c.id, notes.c.parent_id)
    .where(notes.c.root_id == sa.bindparam("root", type_=_i64), notes.c.parent_id.is_not(None))
    .order_by(notes.c.id)
    .limit(THREAD_MAX),
    _Under,
)
_LIKERS = Statement(
    sa.select(likes.c.person_id)
    .where(likes.c.note_id == sa.bindparam("note", type_=_i64))
    .order_by(likes.c.at.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)


async def linking(reads: Reads, preview: int, span: Span) -> list[int]:
    """Ids of public notes that link to a page first."""
    return await _LINKING.ids(reads, span, preview=preview)


async def public(reads: Reads, span: Span) -> list[int]:
    """Ids of everybody's public notes; comments stand under them."""
    return await _PUBLIC.ids(reads, span)


async def home(
    reads: Reads, viewer: PersonId, span: Span, *, without: Collection[int] = (),
    without_boosts: Collection[int] = (),
) -> list[int]:
    """Ids of notes and boosts by those the viewer follows, ``without`` some, and by the viewer.

    Of some only what they wrote comes, not what they passed on.
    """
    followed = await people.followed_by(reads, viewer)
    authors = [*(author for author in followed if author not in without), viewer]
    boosters = [author for author in authors if author not in without_boosts]
    return await _HOME.ids(reads, span, authors=authors, boosters=boosters)


async def entries(
    reads: Reads, ids: Sequence[int], *, viewer: PersonId | None
) -> list[Entry]:
    """What stands at these ids, in their order, without what the viewer does not see.

    A note is there once, however many passed it on: as itself where it is among the ids, else by
    the boost that comes first. Four queries and those of `queries.hide`.
    """
    passed = await boosting.by_ids(reads, ids)
    wanted = [passed[id_].note_id if id_ in passed else NoteId(id_) for id_ in ids]
    found = await queries.shown(reads, list(dict.fromkeys(wanted)), viewer=viewer)
    seen = {note.id: note for note in found}
    hidden = await people.hidden_from(reads, viewer)
    away = hidden.blocked | hidden.muted
    own_places = {id_ for id_ in ids if id_ not in passed}
    there: set[int] = set()
    listed: list[Entry] = []
    for id_ in ids:
        boost = passed.get(id_)
        note = seen.get(boost.note_id if boost else NoteId(id_))
        if note is None or note.id in there:
            continue
        if boost is not None and (note.id in own_places or boost.person_id in away):
            continue
        there.add(note.id)
        listed.append(Entry(id=id_, note=note, boost=boost))
    return listed


async def by_authors(reads: Reads, authors: Sequence[int], span: Span) -> list[int]:
    """Ids of notes by some people."""
    return await _OF_AUTHORS.ids(reads, span, authors=list(authors)) if authors else []


async def all_by_authors(reads: Reads, authors: Sequence[int], span: Span) -> list[int]:
    """Ids of notes and comments by some people."""
    return await _ALL_OF_AUTHORS.ids(reads, span, authors=list(authors)) if authors else []


async def of_author(
    reads: Reads, author: PersonId, span: Span, *, with_comments: bool, with_boosts: bool = False
) -> list[int]:
    """Ids of what one person wrote, and of what they passed on."""
    if with_boosts:
        both: _Both = _OF_AUTHOR_WITH_BOOSTS if with_comments else _ROOTS_OF_AUTHOR_WITH_BOOSTS
    else:
        both = _OF_AUTHOR if with_comments else _ROOTS_OF_AUTHOR
    return await both.ids(reads, span, author=author)


async def tagged(reads: Reads, tag: str, span: Span) -> list[int]:
    """Ids of notes with a tag."""
    return await _TAGGED.ids(reads, span, tag=tag)


async def tagged_any(reads: Reads, tags: Sequence[str], span: Span) -> list[int]:
    """Ids of notes with any of these tags. One query for `FAMILY_MAX_TAGS` tags."""
    found: set[int] = set()
    for at in range(0, len(tags), FAMILY_MAX_TAGS):
        some = tags[at : at + FAMILY_MAX_TAGS]
        slots = next(slots for slots in _TAGGED_ANY if slots >= len(some))
        asked = dict.fromkeys(_SLOTS[:slots], "") | dict(zip(_SLOTS, some, strict=False))
        statement = _TAGGED_ANY[slots][span.upward]
        found.update(await reads.all(
            statement, above=span.above, below=span.below, count=span.count, **asked
        ))
    kept = sorted(found, reverse=not span.upward)[: span.count]
    return sorted(kept, reverse=True)


async def liked(reads: Reads, viewer: PersonId, span: Span) -> list[int]:
    """Ids of what the viewer likes, by the notes' ids."""
    return await _LIKED.ids(reads, span, person=viewer)


async def collected_by(reads: Reads, viewer: PersonId, span: Span) -> list[int]:
    """Ids of what stands on the viewer's boards, by the notes' ids."""
    return await _COLLECTED.ids(reads, span, person=viewer)


def above(note: Note) -> list[int]:
    """Ids of what a comment stands under, from the note at the top down."""
    chain = dict.fromkeys([note.root_id, note.branch_id, note.parent_id])
    return sorted(id_ for id_ in chain if id_ is not None)


async def below(reads: Reads, note: Note) -> list[int]:
    """Ids of what stands under a note or comment, each answer behind what it answers."""
    rows = await reads.all(_BELOW, root=note.root_id or note.id)
    under: dict[int, list[int]] = {}
    for row in rows:
        under.setdefault(row.parent_id, []).append(row.id)
    ordered: list[int] = []
    waiting = [*reversed(under.get(note.id, []))]
    while waiting:
        id_ = waiting.pop()
        ordered.append(id_)
        waiting.extend(reversed(under.get(id_, [])))
    return ordered


async def likers(reads: Reads, note: NoteId, *, count: int) -> list[int]:
    """Ids of those who like a note, latest first."""
    return await reads.all(_LIKERS, note=note, count=count)
