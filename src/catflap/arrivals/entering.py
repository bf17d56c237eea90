"""Coming in: what every door does with somebody who signs up.

One order for all ways in: is anybody let in at all → the invitation → the proof of work → the
valve. The doors bring what was given and say in their own words what came of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import msgspec

from catflap.access import queries as access
from catflap.access.errors import RegistrationsClosed
from catflap.arrivals import invitations, proving, valve
from catflap.arrivals.errors import InvitationNeeded, ProofNeeded
from catflap.arrivals.valve import Bounds, Load, Way
from catflap.ground import clock, jobs
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.settings import Settings
from catflap.people import queries as people
from catflap.people.model import PersonId

ACTIVE_FOR = timedelta(days=7)
OPEN_CALM_PER_HOUR = 600
"""Sign-ups an hour from which on an open community asks for proofs of work."""


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who signs up brings: a code, a proof, a word to the operators, an address.

    ``from_crowd``: so many came from the same network address that each should bring a proof.
    """

    code: str = ""
    proof: str = ""
    reason: str = ""
    email: str | None = None
    from_crowd: bool = False


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """How the way in stands now. ``proof_cost`` is 0 where no proof is asked.

    ``bounds`` say why it lets in so many.
    """

    way: Way
    per_hour: int
    waiting: int
    proof_cost: int
    bounds: Bounds | None = None


def must_be_open(way: Way, *, code: str) -> None:
    """Refuse before anything is looked up.

    Raises:
        RegistrationsClosed: nobody is let in.
        InvitationNeeded: only with a code.
    """
    if way is Way.CLOSED:
        raise RegistrationsClosed
    if way is Way.INVITATION and not code.strip():
        raise InvitationNeeded


async def moderators(reads: Reads, operators: Sequence[str]) -> int:
    """How many of those who look after the place were here within `ACTIVE_FOR`."""
    found = []
    for handle in operators:
        try:
            found.append((await people.by_handle(reads, handle, viewer=None)).id)
        except NotFound:
            continue
    return len(await access.seen_among(reads, found, since=clock.now() - ACTIVE_FOR))


OpenCases = Callable[[Reads], Awaitable[int]]
"""Counts what waits for a moderator; moderation stands above and is asked through the house."""


async def threshold(
    reads: Reads, settings: Settings, *, open_cases: OpenCases, from_crowd: bool = False
) -> Threshold:
    """How the way in stands: its rate, who waits, what a proof costs.

    Nobody is refused for a shared address: whoever comes ``from_crowd`` is asked for a proof.
    """
    way = Way(settings.registrations)
    bounds = valve.bounds(Load(
        moderators=await moderators(reads, settings.operators),
        open_cases=await open_cases(reads), ceiling_per_hour=settings.sign_ups_per_hour,
        backlog_s=await jobs.waited_s(reads),
        mail=await valve.mail_load(
            reads, letters_per_hour=settings.letters_per_hour
        ) if settings.smtp_url else None,
    ))
    per_hour = bounds.per_hour
    waiting = await valve.waiting_count(reads)
    came = await valve.came_lately(reads)
    calm = OPEN_CALM_PER_HOUR if way is Way.OPEN else per_hour / 2
    asks = way in (Way.OPEN, Way.VALVED) and (from_crowd or came >= calm or waiting > 0)
    return Threshold(
        way=way, per_hour=per_hour, waiting=waiting,
        proof_cost=proving.cost(waiting=waiting, per_hour=per_hour) if asks else 0,
        bounds=bounds,
    )


async def come_in(
    tx: Tx, person: PersonId, brought: Brought, *, now: Threshold, key: str
) -> bool:
    """Take in somebody who just signed up, or give them a number; true where they are in.

    An invitation stands for an operator's word. Where the valve works it does not pass the queue.

    Whoever brings no proof takes a number. Only a network that sends many such people, while an
    hour's worth wait, is held to it: else one machine fills the queue before everybody for nothing.

    Raises:
        InvitationSpent, ProofRefused, ProofNeeded
        TextTooLong: the reason.
    """
    way = now.way
    if brought.code.strip():
        await invitations.use(tx, brought.code, person=person)
        way = way if way is Way.VALVED else Way.OPEN
    if brought.proof:
        await proving.spend(tx, brought.proof, key=key)
    is_asked = bool(now.proof_cost) or brought.from_crowd
    vouched = bool(brought.proof or brought.code.strip())
    if now.proof_cost and brought.from_crowd and now.waiting >= now.per_hour and not vouched:
        raise ProofNeeded
    return await valve.ask(
        tx, person, way=way, per_hour=now.per_hour, reason=brought.reason,
        last=is_asked and not vouched, flagged=proving.is_disposable(brought.email),
    )
