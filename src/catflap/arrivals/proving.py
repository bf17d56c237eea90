"""Proof of work on the way in, priced by load: cheap while it is calm, dear in a wave of machines.

ALTCHA's first protocol: find the number whose SHA-256 with a salt is the challenge. It asks no
third party, shows no picture and knows nobody. It slows machines down and proves no humanity, so
whoever brings none (a browser without scripts) is not turned away: they take a number in the queue.
Addresses are not looked at: half a campus may share one.
"""

from __future__ import annotations

import secrets
from base64 import b64decode
from datetime import timedelta
from functools import cache
from typing import Literal

import msgspec
import sqlalchemy as sa

from catflap.arrivals.errors import ProofRefused
from catflap.arrivals.tables import spent_proofs
from catflap.ground import clock
from catflap.ground.database import Tx
from catflap.ground.statements import Instant, Statement, insert_unless_there

VALID_FOR = timedelta(minutes=20)
COST_CALM = 20_000
"""The largest number to look for while it is calm: well under a second on a phone."""
COST_MOST = 1_000_000
PROOF_MAX_CHARS = 2000

_SPEND = Statement(
    insert_unless_there(spent_proofs).values(
        mark=sa.bindparam("mark"), until=sa.bindparam("until", type_=Instant)
    )
)
_FORGET = Statement(
    spent_proofs.delete().where(spent_proofs.c.until < sa.bindparam("now", type_=Instant))
)


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser is asked, in the names of ALTCHA's protocol."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


class _Proof(msgspec.Struct, frozen=True, kw_only=True):
    algorithm: Literal["SHA-256"]
    challenge: str
    number: int
    salt: str
    signature: str


def cost(*, waiting: int, per_hour: int) -> int:
    """The largest number to look for: it doubles with each hour's worth of people who wait."""
    doublings = min(16.0, waiting / max(1, per_hour))
    return min(COST_MOST, int(COST_CALM * 2**doublings))


def challenge(*, key: str, max_number: int) -> Challenge:
    """A fresh question, signed, good for `VALID_FOR`."""
    from altcha import v1 as altcha

    made = altcha.create_challenge(
        altcha.ChallengeOptions(
            algorithm="SHA-256", max_number=max_number, hmac_key=key,
            expires=clock.now() + VALID_FOR, salt_length=16,
            number=secrets.randbelow(max_number + 1),
        )
    )
    return Challenge(
        algorithm=made.algorithm, challenge=made.challenge, maxnumber=max_number,
        salt=made.salt, signature=made.signature,
    )


async def spend(tx: Tx, proof: str, *, key: str) -> None:
    """Take a proof, once.

    Raises:
        ProofRefused: it is wrong, too old, was made for another house, or was used before.
    """
    from altcha import v1 as altcha

    if len(proof) > PROOF_MAX_CHARS:
        raise ProofRefused
    try:
        given = msgspec.json.decode(b64decode(proof), type=_Proof)
    except (ValueError, msgspec.MsgspecError) as error:
        raise ProofRefused from error
    right, _ = altcha.verify_solution(
        altcha.Payload(**msgspec.structs.asdict(given)), key, check_expires=True
    )
    # Kept by the challenge: the same proof can be written in many ways.
    if not right or not await tx.run(
        _SPEND, mark=given.challenge, until=clock.now() + VALID_FOR
    ):
        raise ProofRefused


async def forget_old(tx: Tx) -> int:
    """Forget proofs that are too old to be taken again anyway."""
    return await tx.run(_FORGET, now=clock.now())


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist  # 1 MB, where somebody signs up

    return frozenset(blocklist)


def is_disposable(email: str | None) -> bool:
    """Whether an address is of a domain that gives them out to be thrown away.

    Moderators are told; it stops nobody, for such addresses also keep people safe.
    """
    if not email:
        return False
    domain = email.rpartition("@")[2].casefold()
    parts = domain.split(".")
    return any(".".join(parts[at:]) in _disposable() for at in range(len(parts) - 1))
