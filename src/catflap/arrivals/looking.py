"""Looking for people: whom lists and claims meet, and whether an old profile proves a claim."""

from __future__ import annotations

from typing import Protocol

from catflap.arrivals import claiming, finding
from catflap.arrivals.claiming import Find, Prove
from catflap.arrivals.model import ClaimState
from catflap.ground.database import Database
from catflap.ground.jobs import Job
from catflap.ground.sealing import Seal
from catflap.ground.settings import Settings
from catflap.people.model import PersonId


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def seal(self) -> Seal:
        """Opens handles."""


async def find(context: Context, payload: Find) -> None:
    """Keep whom somebody meets; a second run finds them kept."""
    async with context.database.tx() as tx:
        await finding.meet(tx, PersonId(payload.person))


async def tell_found(context: Context, payload: Find) -> None:
    """Tell of everybody whom somebody sees since now; a second run finds it told."""
    async with context.database.tx() as tx:
        await finding.tell(tx, PersonId(payload.person))


async def prove(context: Context, payload: Prove) -> None:
    """Look at the old profile, and believe the claim where it names the code.

    A second run looks again and finds the same. A claim that was taken back meanwhile is nobody's.
    """
    from catflap.arrivals import proofs  # a client, for the few who prove something

    async with context.database.reads() as reads:
        found = await claiming.anyone(reads, payload.claim)
    handle = context.seal.open(found.sealed) if found else None
    if found is None or handle is None or found.state is ClaimState.PROVEN:
        return
    if await proofs.is_named(
        handle, code=found.code, profile=payload.profile,
        privately=context.settings.proofs_privately,
    ):
        async with context.database.tx() as tx:
            if await claiming.anyone(tx, payload.claim) is not None:
                await claiming.prove(tx, found)


JOBS = (
    Job(claiming.FIND, Find, find),
    Job(claiming.TELL, Find, tell_found),
    Job(claiming.PROVE, Prove, prove, attempts=3),
)
