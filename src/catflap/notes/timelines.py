"""Lists of notes by time, as apps page through them: a span of ids, from above or from below."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.media import queries as media
from catflap.notes import boosting, queries
from catflap.notes.model import FAMILY_MAX_TAGS, Boost, Note, NoteId
from catflap.notes.tables import boosts, in_public, note_links, note_tags, notes
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


_PUBLIC = _Both(sa.select(notes.c.id).where(in_public), notes.c.id)
_PUBLIC_WITH_MEDIA = _Both(
    sa.select(notes.c.id).where(in_public, media.stand_in(notes.c.id)), notes.c.id
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
_HOME = _Two(
    sa.select(notes.c.id).where(among(notes.c.author_id, "authors"), notes.c.root_id.is_(None)),
    notes.c.id,
    sa.select(boosts.c.id).where(among(boosts.c.person_id, "boosters")),
    boosts.c.id,
)
_parents = notes.alias("parents")
_ANSWERS = _Both(
    sa.select(notes.c.id)
    .join(_parents, _parents.c.id == notes.c.parent_id)
    .where(
        among(notes.c.author_id, "authors"), notes.c.withdrawn.is_(False),
        sa.or_(
            notes.c.author_id == sa.bindparam("viewer", type_=_i64),
            _parents.c.author_id == notes.c.author_id, among(_parents.c.author_id, "near"),
        ),
    ),
    notes.c.id,
)
_BY_AUTHOR = sa.select(notes.c.id).where(
    notes.c.author_id == sa.bindparam("author", type_=_i64), notes.c.withdrawn.is_(False)
)
_ANSWERS_NOBODY_ELSE = sa.or_(
    notes.c.root_id.is_(None),
    sa.exists(
        sa.select(_parents.c.id).where(
            _parents.c.id == notes.c.parent_id, _parents.c.author_id == notes.c.author_id
        )
    ),
)
_WITH_MEDIA_IF_ASKED = sa.or_(
    sa.not_(sa.bindparam("only_media", type_=sa.Boolean)), media.stand_in(notes.c.id)
)
_BOOSTS_OF_AUTHOR = sa.select(boosts.c.id).where(
    boosts.c.person_id == sa.bindparam("author", type_=_i64)
)


def _of_author(*conditions: sa.ColumnElement[bool]) -> dict[str, _Both]:
    """What one person wrote, with what they passed on, and without what is not asked for."""
    wrote = _BY_AUTHOR.where(*conditions)
    return {
        "alone": _Both(wrote, notes.c.id),
        "with_boosts": _Two(wrote, notes.c.id, _BOOSTS_OF_AUTHOR, boosts.c.id),
        "narrowed": _Both(
            wrote.where(
                _WITH_MEDIA_IF_ASKED,
                sa.type_coerce(notes.c.tags, sa.Text).like(
                    sa.bindparam("tags_like", type_=sa.Text), escape="/"
                ),
            ),
            notes.c.id,
        ),
    }


_OF_AUTHOR = {True: _of_author(), False: _of_author(_ANSWERS_NOBODY_ELSE)}
"""By whether answers to others are wanted."""


_SLOTS = tuple(f"tag_{place}" for place in range(FAMILY_MAX_TAGS))


def _some_tagged(
    slot: str, *conditions: sa.ColumnElement[bool], upward: bool
) -> sa.Select[tuple[int]]:
    order = note_tags.c.note_id if upward else note_tags.c.note_id.desc()
    some = (
        sa.select(note_tags.c.note_id)
        .where(
            note_tags.c.tag == sa.bindparam(slot),
            note_tags.c.note_id > sa.bindparam("above", type_=_i64),
            note_tags.c.note_id < sa.bindparam("below", type_=_i64),
            *conditions,
        )
        .order_by(order)
        .limit(sa.bindparam("count", type_=sa.Integer))
        .subquery()
    )
    return sa.select(some.c.note_id)


def _narrowing() -> tuple[sa.ColumnElement[bool], ...]:
    """That a note has every tag of some, none of others, and media where that is asked."""
    beside = note_tags.alias("beside")
    of_it = beside.c.note_id == note_tags.c.note_id
    having = sa.select(sa.func.count()).where(of_it, among(beside.c.tag, "every"))
    return (
        having.scalar_subquery() == sa.bindparam("every_count", type_=sa.Integer),
        sa.not_(sa.exists(sa.select(beside.c.tag).where(of_it, among(beside.c.tag, "none")))),
        sa.or_(
            sa.not_(sa.bindparam("only_media", type_=sa.Boolean)),
            media.stand_in(note_tags.c.note_id),
        ),
    )


_TAGGED_BY: dict[bool, dict[int, dict[bool, Statement[int]]]] = {
    narrowed: {
        slots: {
            upward: Statement(
                sa.union_all(*(
                    _some_tagged(slot, *(_narrowing() if narrowed else ()), upward=upward)
                    for slot in _SLOTS[:slots]
                )),
                int,
            )
            for upward in (False, True)
        }
        for slots in (1, 4, 8, FAMILY_MAX_TAGS)
    }
    for narrowed in (False, True)
}
"""A page's worth of each tag, for `queries.tagged`'s reason; by whether more is demanded of a note,
how many tags there is room for, and the direction."""


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """What is demanded of a note beside its tag: ``every`` of some tags, ``none`` of others."""

    every: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    only_media: bool = False


async def linking(reads: Reads, preview: int, span: Span) -> list[int]:
    """Ids of public notes that link to a page first."""
    return await _LINKING.ids(reads, span, preview=preview)


async def public(reads: Reads, span: Span, *, only_media: bool = False) -> list[int]:
    """Ids of everybody's public notes; comments stand under them."""
    return await (_PUBLIC_WITH_MEDIA if only_media else _PUBLIC).ids(reads, span)


async def home(
    reads: Reads, viewer: PersonId, span: Span, *, without: Collection[int] = (),
    without_boosts: Collection[int] = (), with_answers: bool = False,
) -> list[int]:
    """Ids of notes and boosts by those the viewer follows, ``without`` some, and by the viewer.

    Of some only what they wrote comes, not what they passed on. Of answers come, where they are
    asked for, those to whoever is followed, to the viewer and to oneself, and all of the viewer's.
    """
    followed = await people.followed_by(reads, viewer)
    authors = [*(author for author in followed if author not in without), viewer]
    boosters = [author for author in authors if author not in without_boosts]
    ids = await _HOME.ids(reads, span, authors=authors, boosters=boosters)
    if not with_answers:
        return ids
    answers = await _ANSWERS.ids(
        reads, _within(span, ids), authors=authors, near=[*followed, viewer], viewer=viewer
    )
    kept = sorted({*ids, *answers}, reverse=not span.upward)[: span.count]
    return sorted(kept, reverse=True)


def _within(span: Span, ids: Sequence[int]) -> Span:
    """The part of a span that a page of it spans: what lies beyond a full one cannot come into it.

    There are many more comments than notes, so only those of the page's time are looked at.
    """
    if len(ids) < span.count:
        return span
    if span.upward:
        return msgspec.structs.replace(span, below=ids[0])
    return msgspec.structs.replace(span, above=ids[-1])


async def entries(
    reads: Reads, ids: Sequence[int], *, viewer: PersonId | None
) -> list[Entry]:
    """What stands at these ids, in their order, without what the viewer does not see.

    A note is there once, however many passed it on: as itself where it is among the ids, else by
    the boost that comes first. Four queries and those of `queries.seen`.
    """
    passed = await boosting.by_ids(reads, ids)
    wanted = [passed[id_].note_id if id_ in passed else NoteId(id_) for id_ in ids]
    seen = await queries.seen(reads, list(dict.fromkeys(wanted)), viewer=viewer)
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
    reads: Reads, author: PersonId, span: Span, *, with_comments: bool, with_boosts: bool = False,
    only_media: bool = False, tag: str = "",
) -> list[int]:
    """Ids of what one person wrote, and of what they passed on unless more is asked of it.

    Answers to oneself come without comments too, as Mastodon has it: they go on with a note.
    """
    ways = _OF_AUTHOR[with_comments]
    if only_media or tag:
        return await ways["narrowed"].ids(
            reads, span, author=author, only_media=only_media, tags_like=_having(tag)
        )
    return await ways["with_boosts" if with_boosts else "alone"].ids(reads, span, author=author)


def _having(tag: str) -> str:
    """What a note's tags are like, as they are kept, where this is one of them; "" for any.

    A note that is not for everybody has its tags in its own row alone.
    """
    return '%"' + tag.replace("_", "/_") + '"%' if tag else "%"


async def tagged_any(
    reads: Reads, tags: Sequence[str], span: Span, *, narrowed: Narrowing | None = None
) -> list[int]:
    """Ids of notes with any of these tags. One query for `FAMILY_MAX_TAGS` tags."""
    found: set[int] = set()
    asked: dict[str, object] = {}
    if narrowed is not None:
        asked = msgspec.structs.asdict(narrowed) | {"every_count": len(set(narrowed.every))}
    ways = _TAGGED_BY[narrowed is not None]
    for at in range(0, len(tags), FAMILY_MAX_TAGS):
        some = tags[at : at + FAMILY_MAX_TAGS]
        slots = next(slots for slots in ways if slots >= len(some))
        named = dict.fromkeys(_SLOTS[:slots], "") | dict(zip(_SLOTS, some, strict=False))
        found.update(await reads.all(
            ways[slots][span.upward], above=span.above, below=span.below, count=span.count,
            **named, **asked,
        ))
    kept = sorted(found, reverse=not span.upward)[: span.count]
    return sorted(kept, reverse=True)
