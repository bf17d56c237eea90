"""Families: tags that mean the same in several languages, #cattax and #猫税.

A family's page shows the notes of all its tags, and a search for one finds the others. Families
begin with a list that comes with Catflap, and grow by proposals that hosts accept (`joining`).
What was proposed and how it was decided is for everybody to see; names are left out where the
viewer does not see the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement, among
from catflap.notes.model import Family, Member, Proposal, ProposalState
from catflap.notes.tables import family_proposals, family_tags, family_votes
from catflap.people import queries as people
from catflap.people.model import Hidden, PersonId
from catflap.translation.model import TextKey

PROPOSALS_SHOWN = 100
WAITING_SHOWN = 50


class _Kin(msgspec.Struct, frozen=True, kw_only=True):
    asked: str
    tag: str
    lang: str
    family_id: int


class _Vote(msgspec.Struct, frozen=True, kw_only=True):
    proposal_id: int
    person_id: int


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """Proposals, open ones first, newest first; and by their ids the hosts who agreed, in order."""

    proposals: Sequence[Proposal]
    agreed: dict[int, tuple[int | None, ...]]

    @property
    def people(self) -> set[int]:
        """Everybody who is named."""
        named = {id_ for ids in self.agreed.values() for id_ in ids}
        for one in self.proposals:
            named |= {one.by_id, one.decided_by_id}
        return {id_ for id_ in named if id_ is not None}


PROPOSAL = tuple(family_proposals.c[name] for name in Proposal.__struct_fields__)

_mine, _theirs = family_tags.alias("mine"), family_tags.alias("theirs")
_KIN = Statement(
    sa.select(_mine.c.tag.label("asked"), _theirs.c.tag, _theirs.c.lang, _theirs.c.family_id)
    .join(_theirs, _theirs.c.family_id == _mine.c.family_id)
    .where(among(_mine.c.tag, "tags"))
    .order_by(_theirs.c.place, _theirs.c.tag),
    _Kin,
)
_OF_FAMILY = Statement(
    sa.select(*PROPOSAL)
    .where(
        among(family_proposals.c.tag, "tags") | among(family_proposals.c.other, "tags")
        | (family_proposals.c.family_id == sa.bindparam("family", type_=sa.BigInteger))
    )
    .order_by(
        sa.case((family_proposals.c.state == ProposalState.OPEN.value, 0), else_=1),
        family_proposals.c.id.desc(),
    )
    .limit(PROPOSALS_SHOWN),
    Proposal,
)
_WAITING = Statement(
    sa.select(*PROPOSAL)
    .where(family_proposals.c.state == ProposalState.OPEN.value)
    .order_by(family_proposals.c.id.desc())
    .limit(WAITING_SHOWN),
    Proposal,
)
_REASON = Statement(
    sa.select(family_proposals.c.reason_key).where(
        family_proposals.c.id == sa.bindparam("id", type_=sa.BigInteger)
    ),
    str,
)
_AGREED = Statement(
    sa.select(family_votes.c.proposal_id, family_votes.c.person_id)
    .where(among(family_votes.c.proposal_id, "ids"))
    .order_by(family_votes.c.at, family_votes.c.person_id),
    _Vote,
)


async def of_tags(reads: Reads, tags: Sequence[str]) -> dict[str, Family]:
    """The family of each tag, one that stands alone by itself. One query.

    Tags are in the form that `actions.checked_tag` gives.
    """
    kin: dict[str, list[_Kin]] = {}
    for row in await reads.all(_KIN, tags=list(dict.fromkeys(tags))) if tags else []:
        kin.setdefault(row.asked, []).append(row)
    return {tag: _family(tag, kin.get(tag, [])) for tag in tags}


def _family(tag: str, kin: Sequence[_Kin]) -> Family:
    first = [row for row in kin if row.tag == tag]
    ordered = [*first, *(row for row in kin if row.tag != tag)]
    return Family(
        id=first[0].family_id if first else None,
        members=tuple(Member(tag=row.tag, lang=row.lang) for row in ordered)
        or (Member(tag=tag, lang=""),),
    )


async def expanded(reads: Reads, tags: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Each tag with those that mean the same, itself first, `FAMILY_MAX_TAGS` at most. One query.

    Tags are in the form that `actions.checked_tag` gives.
    """
    return {tag: family.tags for tag, family in (await of_tags(reads, tags)).items()}


async def hearing(reads: Reads, family: Family, *, viewer: PersonId | None) -> Hearing:
    """What was proposed about a family's tags, and about tags that left it.

    One query where nobody proposed anything, three at most.
    """
    found = await reads.all(_OF_FAMILY, tags=list(family.tags), family=family.id or 0)
    return await _heard(reads, found, viewer=viewer)


async def reason_key(reads: Reads, id_: int) -> TextKey:
    """The text that says why a proposal was declined.

    Raises:
        NotFound: it was not, or there is none of this number.
    """
    key = await reads.one(_REASON, id=id_)
    if not key:
        raise NotFound("proposal")
    return TextKey(key)


async def waiting(reads: Reads, *, viewer: PersonId | None) -> Hearing:
    """The newest proposals that nobody decided on. One query to three."""
    return await _heard(reads, await reads.all(_WAITING), viewer=viewer)


async def _heard(
    reads: Reads, found: Sequence[Proposal], *, viewer: PersonId | None
) -> Hearing:
    if not found:
        return Hearing(proposals=(), agreed={})
    votes: dict[int, list[int]] = {one.id: [] for one in found}
    for vote in await reads.all(_AGREED, ids=list(votes)):
        votes[vote.proposal_id].append(vote.person_id)
    hidden = await people.hidden_from(reads, viewer)
    return Hearing(
        proposals=[
            msgspec.structs.replace(
                one, by_id=_seen(one.by_id, hidden), decided_by_id=_seen(one.decided_by_id, hidden)
            )
            for one in found
        ],
        agreed={id_: tuple(_all_seen(persons, hidden)) for id_, persons in votes.items()},
    )


def _seen(person: int | None, hidden: Hidden) -> int | None:
    return None if person in hidden.blocked else person


def _all_seen(persons: Iterable[int], hidden: Hidden) -> Iterable[int | None]:
    return (_seen(person, hidden) for person in persons)
