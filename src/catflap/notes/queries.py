"""Reading notes. Every read takes the viewer; absent and "not for you" are the same error.

A list is read in four steps: skeleton (which ids), hydrate (their rows), hide (what this viewer
may not or will not see), and present, which is the door's.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from catflap.ground import ids
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.paging import Page, cursor, position
from catflap.ground.statements import Statement, among, begins
from catflap.notes.model import (
    FAMILY_MAX_TAGS,
    Board,
    BoardId,
    Draft,
    DraftId,
    Note,
    NoteId,
    Planned,
    Revision,
    Stamp,
    Visibility,
)
from catflap.notes.tables import (
    boards,
    collected,
    drafts,
    likes,
    mentions,
    note_tags,
    notes,
    planned,
    revisions,
)
from catflap.people import queries as people
from catflap.people.model import Hidden, PersonId

_i64 = sa.BigInteger
_NOTE = tuple(notes.c[name] for name in Note.__struct_fields__)
_LAST = 2**63 - 1

PAGE = 20
BRANCHES_PAGE = 20
REPLIES_MAX = 200

_BY_IDS = Statement(sa.select(*_NOTE).where(among(notes.c.id, "ids")), Note)
_STAMPS = Statement(
    sa.select(*(notes.c[name] for name in Stamp.__struct_fields__)).where(
        among(notes.c.id, "ids")
    ),
    Stamp,
)
_LIKED_AMONG = Statement(
    sa.select(likes.c.note_id).where(
        likes.c.person_id == sa.bindparam("viewer", type_=_i64), among(likes.c.note_id, "ids")
    ),
    int,
)
_MENTIONED_AMONG = Statement(
    sa.select(mentions.c.note_id).where(
        mentions.c.person_id == sa.bindparam("viewer", type_=_i64),
        among(mentions.c.note_id, "ids"),
    ),
    int,
)
_MENTIONS_OF = Statement(
    sa.select(mentions.c.person_id).where(
        mentions.c.note_id == sa.bindparam("note", type_=_i64)
    ),
    int,
)
class _Mentioned(msgspec.Struct, frozen=True, kw_only=True):
    note_id: int
    person_id: int


_ALL_MENTIONED = Statement(
    sa.select(mentions.c.note_id, mentions.c.person_id).where(among(mentions.c.note_id, "ids")),
    _Mentioned,
)
_COLLECTED_AMONG = Statement(
    sa.select(collected.c.note_id)
    .join(boards, boards.c.id == collected.c.board_id)
    .where(
        boards.c.owner_id == sa.bindparam("viewer", type_=_i64),
        among(collected.c.note_id, "ids"),
    ),
    int,
)
_OF_AUTHOR = Statement(
    sa.select(*_NOTE)
    .where(
        notes.c.author_id == sa.bindparam("author", type_=_i64),
        notes.c.root_id.is_(None),
        notes.c.id < sa.bindparam("before", type_=_i64),
    )
    .order_by(notes.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Note,
)
_LIKED_BY = Statement(
    sa.select(likes.c.note_id)
    .join(notes, notes.c.id == likes.c.note_id)
    .where(
        likes.c.person_id == sa.bindparam("person", type_=_i64),
        notes.c.root_id.is_(None),
        likes.c.note_id < sa.bindparam("before", type_=_i64),
    )
    .order_by(likes.c.note_id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)


_TAG_SLOTS = tuple(f"tag_{place}" for place in range(FAMILY_MAX_TAGS))


def _newest_tagged(slot: str) -> sa.Select[tuple[int]]:
    newest = (
        sa.select(note_tags.c.note_id)
        .where(
            note_tags.c.tag == sa.bindparam(slot),
            note_tags.c.note_id < sa.bindparam("before", type_=_i64),
        )
        .order_by(note_tags.c.note_id.desc())
        .limit(sa.bindparam("count", type_=sa.Integer))
        .subquery()
    )
    return sa.select(newest.c.note_id)


def _tagged(slots: int) -> Statement[int]:
    """A page's worth of each tag, then the newest of those; a note with two of them counts once.

    One condition over all tags would gather and sort every note that ever had one: 129 ms on
    SQLite for three tags of 100,000 notes, where this takes 50 µs, about 10 µs a slot.
    """
    found = sa.union_all(*map(_newest_tagged, _TAG_SLOTS[:slots])).subquery()
    return Statement(
        sa.select(found.c.note_id)
        .distinct()
        .order_by(found.c.note_id.desc())
        .limit(sa.bindparam("count", type_=sa.Integer)),
        int,
    )


# Most tags stand alone or with a few, so that they should not look into two dozen slots.
_TAGGED = {slots: _tagged(slots) for slots in (1, 4, 8, FAMILY_MAX_TAGS)}


class TagUse(msgspec.Struct, frozen=True, kw_only=True):
    """A tag and how many notes have it."""

    tag: str
    count: int


_WRITTEN = Statement(
    sa.select(sa.func.count()).where(
        notes.c.id >= sa.bindparam("since", type_=_i64),
        notes.c.id < sa.bindparam("until", type_=_i64), notes.c.withdrawn == sa.false(),
    ),
    int,
)


def _tags_beginning(*conditions: sa.ColumnElement[bool]) -> Statement[TagUse]:
    count = sa.func.count().label("count")
    with_tags = note_tags.join(notes, notes.c.id == note_tags.c.note_id)
    return Statement(
        sa.select(note_tags.c.tag, count)
        .select_from(with_tags if conditions else note_tags)
        .where(begins(note_tags.c.tag, "beginning"), *conditions)
        .group_by(note_tags.c.tag)
        .order_by(count.desc(), note_tags.c.tag)
        .limit(sa.bindparam("limit", type_=sa.Integer)),
        TagUse,
    )


_TAGS_BEGINNING = _tags_beginning()
_TAGS_BEGINNING_WITHOUT = _tags_beginning(sa.not_(among(notes.c.author_id, "without")))
_ROOTS_AFTER = Statement(
    sa.select(notes.c.id)
    .where(notes.c.id > sa.bindparam("after", type_=_i64), notes.c.root_id.is_(None))
    .order_by(notes.c.id)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)
_BRANCHES = Statement(
    sa.select(*_NOTE)
    .where(
        notes.c.root_id == sa.bindparam("root", type_=_i64),
        notes.c.branch_id.is_(None),
        notes.c.id > sa.bindparam("after", type_=_i64),
    )
    .order_by(notes.c.id)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Note,
)
_REPLIES = Statement(
    sa.select(*_NOTE)
    .where(among(notes.c.branch_id, "branches"))
    .order_by(notes.c.branch_id, notes.c.id)
    .limit(REPLIES_MAX),
    Note,
)
_UNDER = Statement(
    sa.select(*_NOTE).where(
        (notes.c.root_id == sa.bindparam("note", type_=_i64))
        | (notes.c.branch_id == sa.bindparam("note", type_=_i64))
        | (notes.c.parent_id == sa.bindparam("note", type_=_i64))
        | (notes.c.id == sa.bindparam("note", type_=_i64))
    ),
    Note,
)
_EVERY_REVISION = (
    sa.select(
        revisions.c.at, revisions.c.title_key, revisions.c.body_key, revisions.c.warning_key
    )
    .where(revisions.c.note_id == sa.bindparam("note", type_=_i64))
    .order_by(revisions.c.revision.desc())
)
_REVISIONS = Statement(_EVERY_REVISION.limit(50), Revision)
_PAST = Statement(_EVERY_REVISION, Revision)
_BOARD = tuple(boards.c[name] for name in Board.__struct_fields__)
_BOARDS_OF = Statement(
    sa.select(*_BOARD)
    .where(boards.c.owner_id == sa.bindparam("owner", type_=_i64))
    .order_by(boards.c.id.desc()),
    Board,
)
_BOARD_BY_ID = Statement(
    sa.select(*_BOARD).where(boards.c.id == sa.bindparam("board", type_=_i64)), Board
)
_ON_BOARD = Statement(
    sa.select(collected.c.note_id)
    .where(
        collected.c.board_id == sa.bindparam("board", type_=_i64),
        collected.c.note_id < sa.bindparam("before", type_=_i64),
    )
    .order_by(collected.c.note_id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)
_DRAFT = tuple(drafts.c[name] for name in Draft.__struct_fields__)
_DRAFTS_OF = Statement(
    sa.select(*_DRAFT)
    .where(drafts.c.owner_id == sa.bindparam("owner", type_=_i64))
    .order_by(drafts.c.at.desc()),
    Draft,
)
_ALL_DRAFT_MEDIA = Statement(sa.select(drafts.c.media), tuple)
_ALL_PLANNED = Statement(
    sa.select(*(planned.c[name] for name in Planned.__struct_fields__)), Planned
)


class Hide(msgspec.Struct, frozen=True, kw_only=True):
    """What hiding left, in order, and what it removed with the reason."""

    kept: Sequence[Note]
    removed: dict[NoteId, str]


async def hide(
    reads: Reads, found: Iterable[Note], *, viewer: PersonId | None, hidden: Hidden | None = None
) -> Hide:
    """Remove what the viewer may not see (blocks, visibility) or will not (mutes).

    At most three queries, whatever the number of notes.
    """
    found = list(found)
    if all(note.author_id == viewer for note in found):
        return Hide(kept=found, removed={})
    hidden = hidden or await people.hidden_from(reads, viewer)
    narrow = [note for note in found if not note.visibility.is_open]
    if not (narrow or hidden.blocked or hidden.muted):
        return Hide(kept=found, removed={})
    followed: set[int] = set()
    mentioned: set[int] = set()
    if viewer is not None and narrow:
        authors = [note.author_id for note in narrow]
        followed = await people.followed_among(reads, viewer, authors)
        ids = [note.id for note in narrow]
        mentioned = set(await reads.all(_MENTIONED_AMONG, viewer=viewer, ids=ids))
    kept: list[Note] = []
    removed: dict[NoteId, str] = {}
    for note in found:
        why = reason(note, viewer, hidden, followed=followed, mentioned=mentioned)
        if why:
            removed[note.id] = why
        else:
            kept.append(note)
    return Hide(kept=kept, removed=removed)


def reason(
    note: Note, viewer: PersonId | None, hidden: Hidden, *, followed: Container[int],
    mentioned: Container[int],
) -> str:
    """Why a viewer does not see a note, "" where they do.

    ``followed`` are authors whom they follow, ``mentioned`` notes that mention them.
    """
    if note.author_id == viewer:
        return ""
    if note.author_id in hidden.blocked:
        return "blocked"
    if note.visibility == Visibility.ONLY_ME:
        return "not_for_you"  # whoever is mentioned in it
    is_for_them = note.visibility.is_open or note.id in mentioned or (
        note.visibility == Visibility.FOLLOWERS and note.author_id in followed
    )
    if not is_for_them:
        return "not_for_you"
    # Last: what is muted alone is shown to whoever asks for it by its address.
    return "muted" if note.author_id in hidden.muted else ""


async def by_ids(reads: Reads, ids: Sequence[int]) -> dict[int, Note]:
    """Notes for hydrating; hiding is the caller's next step. One query."""
    if not ids:
        return {}
    return {note.id: note for note in await reads.all(_BY_IDS, ids=list(ids))}


async def stamps(reads: Reads, ids: Sequence[int]) -> dict[int, Stamp]:
    """What tells whether kept renderings are still right. One query."""
    if not ids:
        return {}
    return {stamp.id: stamp for stamp in await reads.all(_STAMPS, ids=list(ids))}


async def note(reads: Reads, id_: NoteId, *, viewer: PersonId | None) -> Note:
    """One note or comment.

    A muted author's note is shown to whoever asks for it by its address.

    Raises:
        NotFound: it is absent, or not for this viewer.
    """
    found = await by_ids(reads, [id_])
    if id_ not in found:
        raise NotFound("note")
    outcome = await hide(reads, [found[id_]], viewer=viewer)
    if outcome.removed.get(id_, "muted") != "muted":
        raise NotFound("note")
    root = found[id_].root_id
    if root is not None:
        await note(reads, root, viewer=viewer)
    return found[id_]


async def shown(reads: Reads, ids: Sequence[int], *, viewer: PersonId | None) -> list[Note]:
    """Notes in the order of ``ids``, without what the viewer does not see."""
    found = await by_ids(reads, ids)
    ordered = [found[id_] for id_ in ids if id_ in found]
    return list((await hide(reads, ordered, viewer=viewer)).kept)


async def seen(reads: Reads, ids: Sequence[int], *, viewer: PersonId | None) -> dict[int, Note]:
    """Notes by id that `note` would show this viewer, and whose authors they do not mute.

    A comment is seen where the note above it is. One query and those of `hide`; twice where there
    are comments.
    """
    found: dict[int, Note] = {
        note.id: note for note in await shown(reads, ids, viewer=viewer)
    }
    above = {note.root_id for note in found.values() if note.root_id}
    if not above:
        return found
    tops = {note.id for note in await shown(reads, sorted(above), viewer=viewer)}
    return {id_: note for id_, note in found.items() if not note.root_id or note.root_id in tops}


async def heard(reads: Reads, ids: Sequence[int], *, viewer: PersonId) -> list[Note]:
    """`shown`, with notes of muted people: whom of them one hears is decided where one is told."""
    found = await by_ids(reads, ids)
    ordered = [found[id_] for id_ in ids if id_ in found]
    removed = (await hide(reads, ordered, viewer=viewer)).removed
    return [note for note in ordered if removed.get(note.id, "muted") == "muted"]


async def of_author(
    reads: Reads, author: PersonId, *, viewer: PersonId | None, after: str | None
) -> Page[Note]:
    """A person's notes, newest first."""
    place = position(after, size=1)
    before = int(place[0]) if place else _LAST
    rows = await reads.all(_OF_AUTHOR, author=author, before=before, count=PAGE + 1)
    more = cursor(rows[PAGE - 1].id) if len(rows) > PAGE else None
    outcome = await hide(reads, rows[:PAGE], viewer=viewer)
    kept = [*outcome.kept, *(n for n in rows[:PAGE] if outcome.removed.get(n.id) == "muted")]
    return Page(items=sorted(kept, key=lambda n: -n.id), next_cursor=more)


async def _ids_page(
    reads: Reads, statement: Statement[int], after: str | None, **params: object
) -> Page[int]:
    place = position(after, size=1)
    before = int(place[0]) if place else _LAST
    ids = await reads.all(statement, before=before, count=PAGE + 1, **params)
    more = cursor(ids[PAGE - 1]) if len(ids) > PAGE else None
    return Page(items=ids[:PAGE], next_cursor=more)


async def liked_by(reads: Reads, person: PersonId, *, after: str | None) -> Page[int]:
    """Ids of notes a person likes, newest notes first."""
    return await _ids_page(reads, _LIKED_BY, after, person=person)


async def tagged(reads: Reads, tags: Sequence[str], *, after: str | None) -> Page[int]:
    """Ids of notes with any of these tags, newest first; `FAMILY_MAX_TAGS` tags at most.

    One query, which looks at a page's worth of each tag.
    """
    slots = next(slots for slots in _TAGGED if slots >= min(len(tags), FAMILY_MAX_TAGS))
    named = _TAG_SLOTS[:slots]
    asked = dict.fromkeys(named, "") | dict(zip(named, tags, strict=False))
    return await _ids_page(reads, _TAGGED[slots], after, **asked)


async def tags_beginning(
    reads: Reads, beginning: str, *, without: Sequence[int], limit: int
) -> list[TagUse]:
    """Tags of public notes by the beginning they share, most used first. One query.

    Notes of authors in ``without``, whom the viewer does not see, do not count.
    """
    if not without:
        return await reads.all(_TAGS_BEGINNING, beginning=beginning, limit=limit)
    return await reads.all(
        _TAGS_BEGINNING_WITHOUT, beginning=beginning, without=sorted(without), limit=limit
    )


async def roots_after(reads: Reads, after: int, *, count: int) -> list[int]:
    """Ids of notes, not comments, in their order: for jobs that go through all of them."""
    return await reads.all(_ROOTS_AFTER, after=after, count=count)


async def thread(
    reads: Reads, root: NoteId, *, viewer: PersonId | None, after: str | None
) -> Page[Note]:
    """Comments in two levels, oldest first: each branch followed by its answers.

    Two queries and those of `hide`, whatever the page size.
    """
    place = position(after, size=1)
    branches = await reads.all(
        _BRANCHES, root=root, after=int(place[0]) if place else 0, count=BRANCHES_PAGE + 1
    )
    more = cursor(branches[BRANCHES_PAGE - 1].id) if len(branches) > BRANCHES_PAGE else None
    branches = branches[:BRANCHES_PAGE]
    replies = await reads.all(_REPLIES, branches=[b.id for b in branches]) if branches else []
    outcome = await hide(reads, [*branches, *replies], viewer=viewer)
    under: dict[int, list[Note]] = {note.id: [note] for note in outcome.kept if not note.branch_id}
    for note in outcome.kept:
        if note.branch_id in under:
            under[note.branch_id].append(note)
    ordered = [note for branch in under.values() for note in branch]
    return Page(items=ordered, next_cursor=more)


async def under(reads: Reads, id_: NoteId) -> list[Note]:
    """A note with everything under it, for withdrawing it all; never for showing."""
    return await reads.all(_UNDER, note=id_)


async def past(reads: Reads, id_: NoteId) -> list[Revision]:
    """Every earlier form of a note, for withdrawing it all; never for showing."""
    return await reads.all(_PAST, note=id_)


async def history(reads: Reads, id_: NoteId) -> list[Revision]:
    """How a note read before its edits, newest first; its viewer may see the note."""
    return await reads.all(_REVISIONS, note=id_)


async def liked_among(reads: Reads, viewer: PersonId | None, ids: Sequence[int]) -> set[int]:
    """Which of these notes the viewer likes. One query."""
    if viewer is None or not ids:
        return set()
    return set(await reads.all(_LIKED_AMONG, viewer=viewer, ids=list(ids)))


async def collected_among(reads: Reads, viewer: PersonId | None, ids: Sequence[int]) -> set[int]:
    """Which of these notes are on a board of the viewer's. One query."""
    if viewer is None or not ids:
        return set()
    return set(await reads.all(_COLLECTED_AMONG, viewer=viewer, ids=list(ids)))


async def mentioned_in(reads: Reads, id_: NoteId) -> list[PersonId]:
    """Whom a note mentions."""
    return [PersonId(person) for person in await reads.all(_MENTIONS_OF, note=id_)]


async def mentioned_among(reads: Reads, ids: Sequence[int]) -> dict[int, list[int]]:
    """Whom each of these notes mentions. One query."""
    found: dict[int, list[int]] = {}
    if ids:
        for row in await reads.all(_ALL_MENTIONED, ids=list(ids)):
            found.setdefault(row.note_id, []).append(row.person_id)
    return found


async def boards_of(reads: Reads, owner: PersonId, *, viewer: PersonId | None) -> list[Board]:
    """A person's boards that the viewer may see, newest first."""
    found = await reads.all(_BOARDS_OF, owner=owner)
    return [board for board in found if board.is_public or owner == viewer]


async def board(reads: Reads, id_: BoardId, *, viewer: PersonId | None) -> Board:
    """One board.

    Raises:
        NotFound: it is absent, private, or of somebody who blocked the viewer.
    """
    found = await reads.one(_BOARD_BY_ID, board=id_)
    if found is None or not (found.is_public or found.owner_id == viewer):
        raise NotFound("board")
    await people.by_id(reads, found.owner_id, viewer=viewer)
    return found


async def on_board(reads: Reads, id_: BoardId, *, after: str | None) -> Page[int]:
    """Ids of the notes on a board, newest notes first."""
    return await _ids_page(reads, _ON_BOARD, after, board=id_)


async def drafts_of(reads: Reads, viewer: PersonId) -> list[Draft]:
    """The viewer's drafts, last changed first."""
    return await reads.all(_DRAFTS_OF, owner=viewer)


async def draft(reads: Reads, id_: DraftId, *, viewer: PersonId) -> Draft:
    """One of the viewer's drafts.

    Raises:
        NotFound: it is absent or somebody else's.
    """
    for found in await drafts_of(reads, viewer):
        if found.id == id_:
            return found
    raise NotFound("draft")


async def media_in_drafts(reads: Reads) -> set[int]:
    """Media that some draft or planned note still names."""
    named = {int(id_) for media in await reads.all(_ALL_DRAFT_MEDIA) for id_ in media}
    for waiting in await reads.all(_ALL_PLANNED):
        named.update(int(id_) for id_ in waiting.content.media)
    return named


async def written_between(reads: Reads, since: datetime, until: datetime) -> int:
    """How many notes and comments of a span of time still stand. One query over their ids."""
    return await reads.one(
        _WRITTEN, since=ids.first_at(since), until=ids.first_at(until)
    ) or 0
