"""The valve: people are let in as fast as those who look after the place can bear.

Beyond the rate they wait in one queue, in order, with a number and an honest estimate. The account
exists meanwhile: it signs in, reads, and loses nothing when the tab is closed. The rate holds for
every hour, wherever it begins: whoever is let in is counted for an hour, and nobody goes in while
the rate is full. Mastodon closes sign-ups where no moderator was active for a week (its
`admin/config`); this is the same thought by degrees.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from catflap.access import letters
from catflap.access import queries as access
from catflap.arrivals.events import PersonLetIn
from catflap.arrivals.model import REASON_MAX_CHARS, Entrance, Waiting
from catflap.arrivals.tables import entrances, gate
from catflap.ground import clock, events, jobs
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotAllowed, NotFound
from catflap.ground.sealing import Seal
from catflap.ground.statements import Instant, Statement, among
from catflap.notes import leaving
from catflap.people import actions as people_actions
from catflap.people import queries as people
from catflap.people import waiting
from catflap.people.model import PersonId

HOUR = timedelta(hours=1)
PER_MODERATOR = 60
"""Sign-ups an hour that one moderator with nothing to do can look after: one a minute."""
WITHOUT_MODERATORS = 6
CASES_HALVE = 20
"""So many open cases a moderator halve the rate."""
BACKLOG_HALVES_S = 60.0
"""Work that waits so long halves it too."""
FAILING_SLOWS_MOST = 10
RATE_MAX = 100_000
LET_IN_AT_ONCE = 500
TURNS_S = 5.0
"""While somebody waits, whether another rate has room for them is looked at so often."""
TELL = "arrivals.tell_let_in"
TELL_AWAY = "arrivals.tell_turned_away"
LET_IN = "arrivals.let_in_due"


class Way(StrEnum):
    """How people come in, as the setting `registrations` says."""

    OPEN = "open"
    VALVED = "valved"
    INVITATION = "invitation"
    APPROVAL = "approval"
    CLOSED = "closed"


class MailLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What the mail can bear, for those who wait: whoever gave an address is told by a letter.

    ``left`` is what the hour has left for them, None where no bound is known.
    """

    left: int | None
    failing_ratio: float
    with_address_ratio: float


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What the rate follows. ``ceiling_per_hour``: 0 for none; ``mail``: None for no mail."""

    moderators: int
    open_cases: int
    backlog_s: float
    ceiling_per_hour: int
    mail: MailLoad | None = None


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Why the rate is what it is: what moderators bear, what slows it, what nothing may pass.

    ``by_...`` divide ``bearable``, 1 for no difference; of the rest the least counts.
    """

    bearable: int
    by_cases: float
    by_backlog: float
    by_failing_mail: float
    letters: int | None
    ceiling: int | None

    @property
    def per_hour(self) -> int:
        """The rate: 1 at least."""
        slower = self.by_cases * self.by_backlog * self.by_failing_mail
        least = [math.floor(self.bearable / slower), RATE_MAX]
        least += [bound for bound in (self.letters, self.ceiling) if bound is not None]
        return max(1, min(least))


class LetInDue(msgspec.Struct, frozen=True):
    """Whoever's turn it is."""


class TellLetIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who waited was let in, and is told by mail where they gave an address."""

    person: int


class TellTurnedAway(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was turned away: all that the letter needs, whose account is gone by then."""

    to: str
    handle: str
    locale: str
    word: str


_i64 = sa.BigInteger
_PERSON = entrances.c.person_id == sa.bindparam("person", type_=_i64)
_WAITS = entrances.c.let_in_at.is_(None)
_BY_VALVE = entrances.c.needs_host == sa.false()
_FLAGGED = Statement(
    sa.select(entrances.c.person_id).where(
        among(entrances.c.person_id, "people"), entrances.c.flagged == sa.true()
    ),
    int,
)
_ROW = tuple(entrances.c[name] for name in Entrance.__struct_fields__)
# Holds the one row until the transaction ends.
_HOLD = Statement(gate.update().where(gate.c.id == 1).values(last_number=gate.c.last_number))
_NUMBER = Statement(
    gate.update()
    .where(gate.c.id == 1)
    .values(last_number=gate.c.last_number + 1)
    .returning(gate.c.last_number),
    int,
)
_ADD = Statement(
    entrances.insert().values({name: sa.bindparam(name) for name in entrances.c.keys()})
)
_LATELY = Statement(
    sa.select(entrances.c.let_in_at)
    .where(entrances.c.let_in_at > sa.bindparam("since", type_=Instant))
    .order_by(entrances.c.let_in_at),
    datetime,
)
_CAME = Statement(
    sa.select(sa.func.count()).where(
        entrances.c.let_in_at > sa.bindparam("since", type_=Instant)
    ),
    int,
)
_LATELY_WAITED = Statement(
    sa.select(entrances.c.let_in_at)
    .where(
        entrances.c.let_in_at > sa.bindparam("since", type_=Instant),
        entrances.c.let_in_at > entrances.c.asked_at,
    )
    .order_by(entrances.c.let_in_at),
    datetime,
)
_NEXT = Statement(
    sa.select(*_ROW)
    .where(_WAITS, _BY_VALVE)
    .order_by(entrances.c.number)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Entrance,
)
_FOR_HOST = Statement(
    sa.select(*_ROW)
    .where(_WAITS, entrances.c.needs_host == sa.true())
    .order_by(entrances.c.number)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Entrance,
)
_LET_IN = Statement(
    entrances.update().where(_PERSON, _WAITS).values(let_in_at=sa.bindparam("at", type_=Instant))
)
_OF = Statement(sa.select(*_ROW).where(_PERSON), Entrance)
_BEFORE = Statement(
    sa.select(sa.func.count()).where(
        _WAITS, entrances.c.needs_host == sa.bindparam("by_host", type_=sa.Boolean),
        entrances.c.number < sa.bindparam("number", type_=_i64),
    ),
    int,
)
_COUNT = Statement(sa.select(sa.func.count()).where(_WAITS), int)
_WAITING = sa.select(entrances.c.person_id).where(
    _WAITS,
    entrances.c.person_id > sa.bindparam("above", type_=_i64),
    entrances.c.person_id < sa.bindparam("below", type_=_i64),
).limit(sa.bindparam("count", type_=sa.Integer))
_WAITING_DOWNWARD = Statement(_WAITING.order_by(entrances.c.person_id.desc()), int)
_WAITING_UPWARD = Statement(_WAITING.order_by(entrances.c.person_id), int)
_AMONG = Statement(
    sa.select(*_ROW).where(among(entrances.c.person_id, "people")), Entrance
)
_RELEASE_HOST = Statement(
    entrances.update()
    .where(_WAITS, entrances.c.needs_host == sa.true())
    .values(needs_host=False)
)


def bounds(load: Load) -> Bounds:
    """How many may be let in within any hour, and why.

    Each moderator can bear `PER_MODERATOR`; open cases and work that waits make it less, halving
    at `CASES_HALVE` a moderator and at `BACKLOG_HALVES_S`. Without a moderator who was here
    lately it is `WITHOUT_MODERATORS`. These are our choices to begin with, not measurements.

    As many are let in as the hour has letters for those who are told by one; where letters fail,
    as many less as fail, down to one in `FAILING_SLOWS_MOST`.
    """
    mail = load.mail
    failing = mail.failing_ratio if mail and mail.with_address_ratio else 0.0
    letters = None
    if mail and mail.left is not None and mail.with_address_ratio:
        letters = math.floor(mail.left / mail.with_address_ratio)
    return Bounds(
        bearable=load.moderators * PER_MODERATOR or WITHOUT_MODERATORS,
        by_cases=1 + load.open_cases / max(1, load.moderators) / CASES_HALVE,
        by_backlog=1 + max(0.0, load.backlog_s) / BACKLOG_HALVES_S,
        by_failing_mail=1 / max(1 - failing, 1 / FAILING_SLOWS_MOST),
        letters=letters, ceiling=load.ceiling_per_hour or None,
    )


async def mail_load(reads: Reads, *, letters_per_hour: int) -> MailLoad:
    """What the mail can bear now; ``letters_per_hour`` 0 for no bound that is known.

    Three queries where somebody waits, else two.
    """
    lately_sent = await letters.lately(reads)
    # Those who are told already hold a seat of the hour, which is counted as a seat.
    others = lately_sent.sent - lately_sent.to_newcomers
    ahead = [one.person_id for one in await next_in_line(reads)]
    with_address = await access.emails_among(reads, ahead) if ahead else {}
    return MailLoad(
        left=max(0, letters_per_hour - others) if letters_per_hour else None,
        failing_ratio=lately_sent.failing_ratio,
        with_address_ratio=len(with_address) / len(ahead) if ahead else 0.0,
    )


async def ask(
    tx: Tx, person: PersonId, *, way: Way, per_hour: int, flagged: bool = False,
    reason: str = "", last: bool = False,
) -> bool:
    """Give somebody who just signed up a number, and let them in where there is room.

    True where they are in. ``last`` has them wait even where there is room: they brought no proof
    of work where one is asked. Nobody passes those who wait already.

    Raises:
        TextTooLong: the reason.
    """
    why = people_actions.text_within("reason", reason, REASON_MAX_CHARS)
    number = await tx.one(_NUMBER)
    assert number is not None
    now = clock.now()
    is_free = not last and await _has_room(tx, way=way, per_hour=per_hour, now=now)
    await tx.run(
        _ADD, person_id=person, number=number, asked_at=now, let_in_at=now if is_free else None,
        needs_host=way is Way.APPROVAL, flagged=flagged, reason=why,
    )
    if not is_free:
        await waiting.hold_back(tx, person)
        await turn_in(tx, TURNS_S)
    return is_free


async def turn_in(tx: Tx, seconds: float) -> None:
    """Look whose turn it is in so many seconds, unless that is wanted already."""
    await jobs.enqueue(tx, LET_IN, LetInDue(), key=f"{LET_IN}:turn", delay_s=seconds)


async def _has_room(tx: Tx, *, way: Way, per_hour: int, now: datetime) -> bool:
    if way is not Way.VALVED:
        return way is not Way.APPROVAL
    if await tx.all(_NEXT, count=1):
        return False
    return len(await tx.all(_LATELY, since=now - HOUR)) < per_hour


async def lately(reads: Reads, *, way: Way) -> list[datetime]:
    """The instants of the last hour that count against the rate, in order.

    Where the community stands open, those who did not have to wait do not count.
    """
    statement = _LATELY_WAITED if way is Way.OPEN else _LATELY
    return await reads.all(statement, since=clock.now() - HOUR)


async def came_lately(reads: Reads) -> int:
    """How many came in within the last hour, by whatever way."""
    return await reads.one(_CAME, since=clock.now() - HOUR) or 0


async def flagged_among(reads: Reads, people: Collection[int]) -> set[int]:
    """Which of these people came in by a mail address of a kind that is thrown away. One query."""
    return set(await reads.all(_FLAGGED, people=sorted(set(people)))) if people else set()


async def let_in_due(tx: Tx, *, way: Way, per_hour: int) -> list[PersonId]:
    """Let in whoever's turn it is, in order; a second run finds the rate full.

    Where the community stands open, only those wait who brought no proof of work, and those from
    before it was opened; whoever waited for a host then does no more.
    """
    await tx.run(_HOLD)
    if way is Way.CLOSED:
        return []
    if way is Way.OPEN:
        await tx.run(_RELEASE_HOST)
    now = clock.now()
    room = per_hour - len(await lately(tx, way=way))
    if room <= 0:
        return []
    return [
        PersonId(one.person_id)
        for one in await tx.all(_NEXT, count=min(room, LET_IN_AT_ONCE))
        if await _let_in(tx, one.person_id, now=now)
    ]


async def free_in_s(reads: Reads, *, way: Way, per_hour: int) -> float | None:
    """In how many seconds the next seat comes free for whoever waits next, None where nobody does.

    Two queries.
    """
    if way is Way.CLOSED or not await reads.all(_NEXT, count=1):
        return None
    return likely_s(1, per_hour=per_hour, taken=await lately(reads, way=way), now=clock.now())


async def _let_in(tx: Tx, person: int, *, now: datetime) -> bool:
    if not await tx.run(_LET_IN, person=person, at=now):
        return False
    await waiting.let_in(tx, PersonId(person))
    await events.emit(tx, PersonLetIn(person=person))
    await jobs.enqueue(tx, TELL, TellLetIn(person=person), priority=2)
    return True


async def approve(tx: Tx, person: PersonId, *, is_operator: bool) -> bool:
    """Let in somebody who waits, by an operator's word; it counts in the hour.

    False where they were in already: once is enough.

    Raises:
        NotAllowed: whoever says so is no operator.
        NotFound: nobody of this id ever waited.
    """
    if not is_operator:
        raise NotAllowed("approve")
    await tx.run(_HOLD)
    if await entrance(tx, person) is None:
        raise NotFound("person")
    return await _let_in(tx, person, now=clock.now())


async def turn_away(
    tx: Tx, person: PersonId, *, is_operator: bool, seal: Seal, word: str | None = None
) -> bool:
    """Delete the account of somebody who waits, by an operator's word.

    False where they were in already: whoever is in is not sent out this way. With a ``word``, even
    an empty one, they are told by mail where they gave an address; None, as apps have it, tells
    nobody. No one had seen them, so their handle is free again.

    Raises:
        NotAllowed: whoever says so is no operator.
        NotFound: nobody of this id ever waited.
        TextTooLong: the word.
    """
    if not is_operator:
        raise NotAllowed("turn_away")
    said = people_actions.text_within("word", word or "", REASON_MAX_CHARS)
    await tx.run(_HOLD)
    found = await entrance(tx, person)
    if found is None:
        raise NotFound("person")
    if found.let_in_at is not None:
        return False
    if word is not None:
        await _tell_turned_away(tx, person, word=said)
    await leaving.leave(tx, person, seal=seal)
    return True


async def _tell_turned_away(tx: Tx, person: PersonId, *, word: str) -> None:
    reader = await people.reader(tx, person)
    credential = await access.credential(tx, person)
    if reader is None or credential is None or not credential.email:
        return
    await jobs.enqueue(tx, TELL_AWAY, TellTurnedAway(
        to=credential.email, handle=reader.handle, locale=reader.locale, word=word
    ))


async def entrance(reads: Reads, person: PersonId) -> Entrance | None:
    """How somebody came in or waits; None for those from before there was a valve."""
    return await reads.one(_OF, person=person)


async def place(
    reads: Reads, person: PersonId, *, way: Way, per_hour: int
) -> Waiting | None:
    """Somebody's place in the queue with an estimate, None where they do not wait.

    Three queries.
    """
    found = await entrance(reads, person)
    if found is None or found.let_in_at is not None:
        return None
    before = await reads.one(_BEFORE, number=found.number, by_host=found.needs_host) or 0
    taken = await lately(reads, way=way)
    return Waiting(
        number=found.number, place=before + 1, asked_at=found.asked_at,
        likely_s=None if found.needs_host else likely_s(
            before + 1, per_hour=per_hour, taken=taken, now=clock.now()
        ),
        needs_host=found.needs_host, per_hour=per_hour,
    )


def likely_s(
    place: int, *, per_hour: int, taken: Sequence[datetime], now: datetime
) -> float:
    """In how many seconds the one at a place is let in, if the rate stays and nobody leaves.

    ``taken`` are the instants of the last hour at which people were let in, in order. A seat is
    free again an hour after it was taken, so this follows what really happened, not a mean.
    """
    free = per_hour - len(taken)
    if place <= free:
        return 0.0
    # The seats that come free first: those over a rate that was higher before give none.
    seats = sorted(taken)[max(0, -free):]
    seats += [now] * max(0, per_hour - len(seats))
    seats.sort()
    hours, index = divmod(place - 1 - max(0, free), per_hour)
    return max(0.0, (seats[index] + HOUR * (hours + 1) - now).total_seconds())


async def waiting_count(reads: Reads) -> int:
    """How many wait, for the valve or for a host."""
    return await reads.one(_COUNT) or 0


async def waiting_within(
    reads: Reads, *, above: int, below: int, count: int, upward: bool
) -> list[int]:
    """Of those who wait between two ids the newest, newest first; ``upward``: those next above."""
    statement = _WAITING_UPWARD if upward else _WAITING_DOWNWARD
    rows = await reads.all(statement, above=above, below=below, count=count)
    return rows[::-1] if upward else rows


async def entrances_of(reads: Reads, people: Collection[int]) -> dict[int, Entrance]:
    """How each of these came in or waits, as far as they came through the valve. One query."""
    rows = await reads.all(_AMONG, people=sorted(set(people))) if people else []
    return {row.person_id: row for row in rows}


async def for_hosts(reads: Reads, *, count: int = 100) -> list[Entrance]:
    """Those who wait for an operator's word, in order."""
    return await reads.all(_FOR_HOST, count=count)


async def next_in_line(reads: Reads, *, count: int = 100) -> list[Entrance]:
    """Those whom the valve lets in next, in order."""
    return await reads.all(_NEXT, count=count)
