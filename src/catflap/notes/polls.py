"""Polls: asking, voting, and the end.

An option is a text like any other, so that it is translated for whoever reads it. A poll ends by
the clock; telling so is a job that waits for that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, events, ids, jobs
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing, TooMany
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.notes import holding, queries
from catflap.notes.errors import (
    ChoiceInvalid,
    OwnPoll,
    PollEnded,
    QuestionInvalid,
    Unfit,
    VotedAlready,
)
from catflap.notes.events import PollClosed, PollVoted
from catflap.notes.model import (
    POLL_MAX_S,
    POLL_MIN_S,
    POLL_OPTION_MAX_CHARS,
    POLL_OPTIONS_MAX,
    POLL_OPTIONS_MIN,
    Note,
    NoteId,
    Option,
    Poll,
    PollId,
    Question,
)
from catflap.notes.tables import ballots, poll_options, polls
from catflap.people import actions as people
from catflap.people import waiting
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.model import TextKey, key_of, normalised

END_POLL = "notes.end_poll"

_i64 = sa.BigInteger
_TOUCHED = sa.bindparam("poll", type_=_i64)


class EndPoll(msgspec.Struct, frozen=True, kw_only=True):
    """A poll whose end is to be told when it comes."""

    poll: int


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: PollId
    note_id: NoteId
    is_multiple: bool
    hides_totals: bool
    ends_at: datetime
    voters_count: int
    told: bool


class _Option(Option, frozen=True, kw_only=True):
    poll_id: int


class _Vote(msgspec.Struct, frozen=True, kw_only=True):
    poll_id: int
    place: int


_ROW = sa.select(*(polls.c[name] for name in _Row.__struct_fields__))
_OF_NOTES = Statement(_ROW.where(among(polls.c.note_id, "notes")), _Row)
_BY_ID = Statement(_ROW.where(polls.c.id == _TOUCHED), _Row)
_OPTIONS = Statement(
    sa.select(*(poll_options.c[name] for name in _Option.__struct_fields__))
    .where(among(poll_options.c.poll_id, "polls"))
    .order_by(poll_options.c.poll_id, poll_options.c.place),
    _Option,
)
_OWN_VOTES = Statement(
    sa.select(ballots.c.poll_id, ballots.c.place)
    .where(
        among(ballots.c.poll_id, "polls"),
        ballots.c.person_id == sa.bindparam("viewer", type_=_i64),
    )
    .order_by(ballots.c.poll_id, ballots.c.place),
    _Vote,
)
_VOTERS = Statement(
    sa.select(ballots.c.person_id).where(ballots.c.poll_id == _TOUCHED).distinct(), int
)
_WITH_TEXTS = Statement(
    sa.select(poll_options.c.text_key, polls.c.note_id)
    .join(polls, polls.c.id == poll_options.c.poll_id)
    .where(among(poll_options.c.text_key, "keys"))
)
_ADD = Statement(polls.insert().values({name: sa.bindparam(name) for name in polls.c.keys()}))
_ADD_OPTION = Statement(
    poll_options.insert().values({name: sa.bindparam(name) for name in poll_options.c.keys()})
)
_ADD_VOTE = Statement(
    insert_unless_there(ballots).values({name: sa.bindparam(name) for name in ballots.c.keys()})
)
_COUNT_VOTE = Statement(
    poll_options.update()
    .where(poll_options.c.poll_id == _TOUCHED, among(poll_options.c.place, "places"))
    .values(votes_count=poll_options.c.votes_count + sa.bindparam("by", type_=sa.Integer))
)
_COUNT_VOTER = Statement(
    polls.update()
    .where(polls.c.id == _TOUCHED)
    .values(voters_count=polls.c.voters_count + sa.bindparam("by", type_=sa.Integer))
)
_MOVE_END = Statement(
    polls.update()
    .where(polls.c.id == _TOUCHED)
    .values(
        ends_at=sa.bindparam("end", type_=Instant), told=False,
        hides_totals=sa.bindparam("hides", type_=sa.Boolean),
    )
)
_TOLD = Statement(
    polls.update().where(polls.c.id == _TOUCHED, polls.c.told == sa.false()).values(told=True)
)
_DROP = Statement(polls.delete().where(polls.c.id == _TOUCHED))
_VOTED_IN = Statement(
    sa.select(ballots.c.poll_id, ballots.c.place).where(
        ballots.c.person_id == sa.bindparam("viewer", type_=_i64)
    ),
    _Vote,
)


async def of_notes(reads: Reads, notes: Sequence[int]) -> dict[int, Poll]:
    """The polls among these notes, by the note. Two queries, one where there is none.

    Whoever asks may see the notes.
    """
    return await _whole(reads, await reads.all(_OF_NOTES, notes=list(notes)) if notes else [])


async def _whole(reads: Reads, rows: Sequence[_Row]) -> dict[int, Poll]:
    if not rows:
        return {}
    options: dict[int, list[Option]] = {}
    for one in await reads.all(_OPTIONS, polls=[row.id for row in rows]):
        options.setdefault(one.poll_id, []).append(
            Option(place=one.place, text_key=one.text_key, votes_count=one.votes_count)
        )
    return {
        row.note_id: Poll(
            id=row.id, note_id=row.note_id, is_multiple=row.is_multiple,
            hides_totals=row.hides_totals, ends_at=row.ends_at, voters_count=row.voters_count,
            options=tuple(options.get(row.id, ())),
        )
        for row in rows
    }


async def by_id(reads: Reads, id_: PollId) -> Poll:
    """One poll; whether its note may be seen is the caller's to ask.

    Raises:
        NotFound: there is none.
    """
    row = await reads.one(_BY_ID, poll=id_)
    if row is None:
        raise NotFound("poll")
    return (await _whole(reads, [row]))[row.note_id]


async def own_votes(
    reads: Reads, viewer: PersonId | None, found: Sequence[PollId]
) -> dict[int, list[int]]:
    """What the viewer voted for: the options' places, by poll. One query."""
    made: dict[int, list[int]] = {}
    if viewer is not None and found:
        for one in await reads.all(_OWN_VOTES, polls=list(found), viewer=viewer):
            made.setdefault(one.poll_id, []).append(one.place)
    return made


async def notes_with_texts(
    reads: Reads, wanted: Sequence[TextKey]
) -> list[tuple[TextKey, NoteId]]:
    """Which of these texts are options of a poll, and the notes it stands in. One query."""
    rows = await reads.all(_WITH_TEXTS, keys=list(wanted))
    return [(TextKey(key), NoteId(note)) for key, note in rows]


async def voters(reads: Reads, id_: PollId) -> list[PersonId]:
    """Everybody who voted; never for showing."""
    return [PersonId(person) for person in await reads.all(_VOTERS, poll=id_)]


def checked(question: Question) -> tuple[str, ...]:
    """The options as they are kept.

    Raises:
        TextMissing, TextTooLong, TooMany: of options.
        QuestionInvalid: they are too few or the same, or the end is out of bounds.
    """
    if len(question.options) > POLL_OPTIONS_MAX:
        raise TooMany("options", count=len(question.options), limit=POLL_OPTIONS_MAX)
    texts = tuple(
        people.text_within("option", normalised(text), POLL_OPTION_MAX_CHARS)
        for text in question.options
    )
    if not all(texts):
        raise TextMissing("option")
    if len(texts) < POLL_OPTIONS_MIN:
        raise QuestionInvalid(Unfit.FEW)
    if len(set(texts)) < len(texts):
        raise QuestionInvalid(Unfit.SAME)
    if question.lasts_s < POLL_MIN_S:
        raise QuestionInvalid(Unfit.SHORT)
    if question.lasts_s > POLL_MAX_S:
        raise QuestionInvalid(Unfit.LONG)
    return texts


async def ask(
    tx: Tx, note: Note, question: Question, *, by: PersonId, public: bool,
    prior: Sequence[str] = (), lang: str = "", context: str = "",
) -> PollId:
    """Put a poll to a note or comment of ``by``; ``public`` where everybody may read it.

    Raises:
        TextMissing, TextTooLong, TooMany, QuestionInvalid: as `checked` says.
    """
    texts = checked(question)
    id_ = PollId(ids.new(shard=ids.shard_of(by)))
    ends_at = clock.now() + timedelta(seconds=question.lasts_s)
    await tx.run(
        _ADD, id=id_, note_id=note.id, is_multiple=question.is_multiple,
        hides_totals=question.hides_totals, ends_at=ends_at, voters_count=0, told=False,
    )
    for place, text in enumerate(texts):
        key = await translation.keep(
            tx, text, prior=prior, claimed=lang, public=public, context=context
        )
        await tx.run(_ADD_OPTION, poll_id=id_, place=place, text_key=key, votes_count=0)
    await _await_end(tx, id_, ends_at)
    return id_


async def _await_end(tx: Tx, id_: PollId, ends_at: datetime) -> None:
    await jobs.enqueue(
        tx, END_POLL, EndPoll(poll=id_), key=f"{END_POLL}:{id_}:{ends_at.timestamp():.0f}",
        delay_s=max(0.0, (ends_at - clock.now()).total_seconds()),
    )


async def change(
    tx: Tx, note: Note, question: Question | None, *, by: PersonId, public: bool,
    prior: Sequence[str] = (), lang: str = "",
) -> None:
    """Give a note or comment of ``by`` another poll, or none; other options begin without votes.

    Raises:
        TextMissing, TextTooLong, TooMany, QuestionInvalid: as `checked` says.
    """
    there = (await of_notes(tx, [note.id])).get(note.id)
    if question is None:
        await drop(tx, note.id)
        return
    wanted = [key_of(text) for text in checked(question)]
    if there is not None and (there.is_multiple, keys(there)) == (question.is_multiple, wanted):
        ends_at = clock.now() + timedelta(seconds=question.lasts_s)
        await tx.run(_MOVE_END, poll=there.id, end=ends_at, hides=question.hides_totals)
        await _await_end(tx, there.id, ends_at)
        return
    await drop(tx, note.id)
    await ask(tx, note, question, by=by, public=public, prior=prior, lang=lang)


async def drop(tx: Tx, note: NoteId) -> None:
    """Delete a note's poll with its votes, if it has one."""
    there = (await of_notes(tx, [note])).get(note)
    if there is not None:
        await tx.run(_DROP, poll=there.id)
        await translation.release(tx, keys(there))


def keys(poll: Poll) -> list[TextKey]:
    """The texts of a poll, in order."""
    return [option.text_key for option in poll.options]


async def vote(tx: Tx, id_: PollId, choices: Sequence[int], *, by: PersonId) -> NoteId:
    """Vote, once and for good. The answer is the poll's note.

    Raises:
        NotFound: there is no such poll, or its note is not for this person.
        PollEnded, VotedAlready, OwnPoll
        ChoiceInvalid: nothing is chosen, what there is not, or more than one may.
        StillWaiting: ``by`` is not let in yet.
    """
    await waiting.must_be_in(tx, by)
    note = await holding.note(tx, (await by_id(tx, id_)).note_id, viewer=by)
    poll = await by_id(tx, id_)
    chosen = sorted(set(choices))
    if poll.has_ended(clock.now()):
        raise PollEnded
    if note.author_id == by:
        raise OwnPoll
    if not chosen or not {option.place for option in poll.options}.issuperset(chosen):
        raise ChoiceInvalid
    if len(chosen) > 1 and not poll.is_multiple:
        raise ChoiceInvalid
    if await own_votes(tx, by, [id_]):
        raise VotedAlready
    await tx.run_many(
        _ADD_VOTE, [{"poll_id": id_, "person_id": by, "place": place} for place in chosen]
    )
    await tx.run(_COUNT_VOTE, poll=id_, places=chosen, by=1)
    await tx.run(_COUNT_VOTER, poll=id_, by=1)
    await events.emit(tx, PollVoted(note=note.id, root=note.root_id or note.id))
    return note.id


async def unvote_as_leaving(tx: Tx, person: PersonId) -> None:
    """Take back what a leaving person voted for."""
    cast: dict[int, list[int]] = {}
    for one in await tx.all(_VOTED_IN, viewer=person):
        cast.setdefault(one.poll_id, []).append(one.place)
    for poll, places in sorted(cast.items()):
        await tx.run(_COUNT_VOTE, poll=poll, places=places, by=-1)
        await tx.run(_COUNT_VOTER, poll=poll, by=-1)


async def end(tx: Tx, id_: PollId) -> float:
    """Tell that a poll has ended, once; the answer is the seconds until it does, 0 for done."""
    row = await tx.one(_BY_ID, poll=id_)
    if row is None:
        return 0.0
    left_s = (row.ends_at - clock.now()).total_seconds()
    if left_s > 0:
        return left_s
    if await tx.run(_TOLD, poll=id_):
        note = (await queries.by_ids(tx, [row.note_id]))[row.note_id]
        await events.emit(
            tx, PollClosed(note=note.id, poll=id_, root=note.root_id or note.id)
        )
    return 0.0
