"""Quotes: a note that shows another inside it, for as long as that one's author lets it.

Who wrote a note says who may quote it, and may take it out of any note that does. Nobody else
quotes what is for few, and a quote is never for more people than what it quotes. Whoever does not
see the quoted note sees that there is one, and no more of it. A quote ends with what it quotes:
what stays is that something stood there.

Source: Mastodon 4.5's quotes (docs.joinmastodon.org, client/quotes), and FEP-044f for its policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from catflap.ground import events
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotAllowed, NotFound
from catflap.ground.statements import Statement
from catflap.notes import holding, queries
from catflap.notes.errors import NotQuotable
from catflap.notes.events import NoteCarded, NoteQuoted
from catflap.notes.model import Note, NoteId, QuotableBy, QuoteState, Visibility
from catflap.notes.tables import notes
from catflap.people import queries as people
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_NOTE = notes.c.id == sa.bindparam("note", type_=_i64)
_IS_QUOTE = notes.c.quoted_id == sa.bindparam("quoted", type_=_i64)

_QUOTE = Statement(
    notes.update()
    .where(_NOTE)
    .values(
        quoted_id=sa.bindparam("quoted", type_=_i64), quote_state=QuoteState.ACCEPTED.value,
        revision=notes.c.revision + 1,
    )
)
_REVOKE = Statement(
    notes.update()
    .where(_NOTE, _IS_QUOTE, notes.c.quote_state == QuoteState.ACCEPTED.value)
    .values(quote_state=QuoteState.REVOKED.value, revision=notes.c.revision + 1)
)
_COUNT = Statement(
    notes.update()
    .where(_NOTE)
    .values(quotes_count=notes.c.quotes_count + sa.bindparam("by", type_=sa.Integer))
)
_LET = Statement(
    notes.update()
    .where(_NOTE)
    .values(quotable_by=sa.bindparam("whom"), revision=notes.c.revision + 1)
)
_FORGET = Statement(
    notes.update().where(_IS_QUOTE).values(quoted_id=None, revision=notes.c.revision + 1)
)
_TOUCH_QUOTES = Statement(
    notes.update().where(_IS_QUOTE).values(revision=notes.c.revision + 1)
)
_QUOTING = Statement(
    sa.select(notes.c.id)
    .where(
        _IS_QUOTE, notes.c.quote_state == QuoteState.ACCEPTED.value,
        notes.c.id > sa.bindparam("above", type_=_i64),
        notes.c.id < sa.bindparam("below", type_=_i64),
    )
    .order_by(notes.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    int,
)


class Sight(StrEnum):
    """How a viewer sees what a note quotes."""

    SHOWN = "shown"
    MUTED = "muted"
    HIDDEN = "hidden"
    REVOKED = "revoked"
    GONE = "gone"


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """What a note quotes, for one viewer: the note where they may see it."""

    sight: Sight
    note: Note | None


def may_quote(note: Note, viewer: PersonId | None, *, follows: bool) -> bool:
    """Whether a viewer who sees a note may quote it; ``follows`` its author."""
    if viewer is None or note.withdrawn:
        return False
    if note.author_id == viewer:
        return note.visibility in (
            Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS
        )
    if not note.visibility.is_open:
        return False
    return note.quotable_by is QuotableBy.PUBLIC or (
        note.quotable_by is QuotableBy.FOLLOWERS and follows
    )


async def quotable_among(
    reads: Reads, viewer: PersonId | None, found: Sequence[Note]
) -> set[NoteId]:
    """Which of these notes the viewer may quote. One query where some are for followers."""
    if viewer is None:
        return set()
    asked = {note.author_id for note in found if note.quotable_by is QuotableBy.FOLLOWERS}
    followed = await people.followed_among(reads, viewer, list(asked)) if asked else set()
    return {
        note.id for note in found if may_quote(note, viewer, follows=note.author_id in followed)
    }


async def quotable(tx: Tx, id_: NoteId, *, by: PersonId) -> Note:
    """A note that somebody is about to quote.

    Raises:
        NotFound: it is absent, or not for this person.
        NotQuotable: its author does not let them.
    """
    found = await queries.note(tx, id_, viewer=by)
    if found.id not in await quotable_among(tx, by, [found]):
        raise NotQuotable
    return found


def narrowed(visibility: Visibility, quoted: Note) -> Visibility:
    """For whom a note can be that quotes another: never for more than that one."""
    if quoted.visibility is Visibility.FOLLOWERS and visibility.is_open:
        return Visibility.FOLLOWERS
    return visibility


async def quote(tx: Tx, id_: NoteId, *, quoted: NoteId, by: PersonId) -> None:
    """Let a note that was just written quote another.

    A note for those mentioned quotes nobody whom it does not mention.

    Raises:
        NotFound: what is quoted is absent, or not for this person.
        NotQuotable: its author does not let them, or would not see it.
    """
    about = await quotable(tx, quoted, by=by)
    own = (await queries.by_ids(tx, [id_]))[id_]
    is_for_more = own.visibility is not narrowed(own.visibility, about)
    is_behind_their_back = own.visibility is Visibility.MENTIONED and about.author_id not in (
        by, *await queries.mentioned_in(tx, id_)
    )
    if is_for_more or is_behind_their_back:
        raise NotQuotable
    await tx.run(_QUOTE, note=id_, quoted=quoted)
    await tx.run(_COUNT, note=quoted, by=1)
    await events.emit(tx, NoteQuoted(note=id_, author=by, quoted=quoted, of=about.author_id))


async def let(tx: Tx, id_: NoteId, *, by: PersonId, whom: QuotableBy) -> None:
    """Say who may quote one's note from now on; quotes that stand stay.

    Raises:
        NotFound, NotAllowed: it is absent, or somebody else's.
    """
    found = await holding.note(tx, id_, viewer=by)
    if found.author_id != by:
        raise NotAllowed("edit")
    await tx.run(_LET, note=id_, whom=whom)


async def revoke(tx: Tx, quoted: NoteId, *, out_of: NoteId, by: PersonId) -> None:
    """Take one's note out of one that quotes it; once is enough.

    Raises:
        NotFound: one of them is absent, or the one does not quote the other.
        NotAllowed: the quoted one is somebody else's.
    """
    found = await holding.note(tx, quoted, viewer=by)
    if found.author_id != by:
        raise NotAllowed("edit")
    quoting = (await queries.by_ids(tx, [out_of])).get(out_of)
    if quoting is None or quoting.quoted_id != quoted:
        raise NotFound("note")
    if await tx.run(_REVOKE, note=out_of, quoted=quoted):
        await tx.run(_COUNT, note=quoted, by=-1)
        await events.emit(tx, NoteCarded.of(quoting))


async def reads_differently(tx: Tx, quoted: NoteId) -> None:
    """Have the notes rendered anew that quote one which was edited."""
    await tx.run(_TOUCH_QUOTES, quoted=quoted)


async def drop(tx: Tx, note: Note) -> None:
    """Let a note that is withdrawn be quoted by none, and quote none."""
    if note.quoted_id is not None and note.quote_state is QuoteState.ACCEPTED:
        await tx.run(_COUNT, note=note.quoted_id, by=-1)
    await tx.run(_FORGET, quoted=note.id)


async def quoting(
    reads: Reads, quoted: NoteId, *, above: int = 0, below: int = 2**63 - 1, count: int
) -> list[int]:
    """Ids of the notes that quote one, newest first; who sees them is the next step's."""
    return await reads.all(_QUOTING, quoted=quoted, above=above, below=below, count=count)


async def of_notes(
    reads: Reads, found: Sequence[Note], *, viewer: PersonId | None
) -> dict[NoteId, Quoted]:
    """What notes quote as a viewer sees it, by the quoting note.

    No query where none quotes; else one, and those of `queries.hide`; as many again where a comment
    is quoted, which is seen where the note above it is.
    """
    quotes = [note for note in found if note.quote_state is not QuoteState.NONE]
    standing = [note.quoted_id for note in quotes if note.quote_state is QuoteState.ACCEPTED]
    about = await queries.by_ids(reads, [id_ for id_ in standing if id_ is not None])
    tops = await queries.by_ids(reads, list({n.root_id for n in about.values() if n.root_id}))
    why = (await queries.hide(reads, [*about.values(), *tops.values()], viewer=viewer)).removed
    made = {}
    for note in quotes:
        one = about.get(note.quoted_id) if note.quoted_id is not None else None
        reasons = {why.get(id_, "") for id_ in (one.id, one.root_id) if id_} if one else set()
        made[note.id] = _seen(note, one, reasons)
    return made


def _seen(note: Note, about: Note | None, reasons: set[str]) -> Quoted:
    """``reasons`` are why the viewer sees the quoted note not, or not in lists."""
    if note.quote_state is QuoteState.REVOKED:
        return Quoted(sight=Sight.REVOKED, note=None)
    if about is None or about.withdrawn:
        return Quoted(sight=Sight.GONE, note=None)
    if reasons - {"", "muted"}:
        return Quoted(sight=Sight.HIDDEN, note=None)
    return Quoted(sight=Sight.MUTED if "muted" in reasons else Sight.SHOWN, note=about)
