"""Tags join families and leave them: anyone proposes, two hosts who did not propose it accept.

Two tags that mean the same bring their whole families together. A host declines with a reason, and
who proposed may withdraw. Families begin with a seed; what hosts decided it never undoes: a tag
they took out stays out, a tag they put elsewhere stays there, and what they kept apart stays apart.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.characters import writable
from catflap.ground.database import Tx
from catflap.ground.errors import NotFound, Overtaken, TextMissing, TextTooLong, TooMany
from catflap.ground.statements import Instant, Statement, among, insert_unless_there
from catflap.notes import families
from catflap.notes.actions import checked_tag
from catflap.notes.errors import OwnProposal, ProposalDecided, ProposalRefused, Vain
from catflap.notes.families import PROPOSAL
from catflap.notes.model import (
    FAMILY_MAX_TAGS,
    OPEN_PROPOSALS_MAX,
    REASON_MAX_CHARS,
    Member,
    Proposal,
    ProposalKind,
    ProposalState,
)
from catflap.notes.tables import family_proposals, family_tags, family_votes
from catflap.people import actions as people
from catflap.people import queries as people_queries
from catflap.people import waiting
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation.codes import CHINESE, Lang
from catflap.translation.errors import HostsOnly
from catflap.translation.model import NO_TEXT, TextKey

SEED = Path(__file__).parent / "seeds" / "families.toml"
HOSTS_NEEDED = 2

_i64 = sa.BigInteger
_HAN = re.compile(r"[\d_]*[\u3007\u3400-\u4dbf\u4e00-\u9fff][\u3007\u3400-\u4dbf\u4e00-\u9fff\d_]*")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    tag: str
    family_id: int | None


class _Reason(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    reason: str


class _Pair(msgspec.Struct, frozen=True, kw_only=True):
    tag: str
    other: str


_STANDING = Statement(
    sa.select(family_tags.c.tag, family_tags.c.family_id).where(among(family_tags.c.tag, "tags")),
    _Standing,
)
_OF_FAMILIES = sa.select(family_tags.c.tag, family_tags.c.family_id).where(
    among(family_tags.c.tag, "tags") | among(family_tags.c.family_id, "families")
)
_MEMBERS = Statement(_OF_FAMILIES, _Standing)
# In one order, so that two who hold the same families wait in one line and never in a circle.
_HOLD = Statement(_OF_FAMILIES.order_by(family_tags.c.tag).with_for_update(), _Standing)
_ADD_TAG = Statement(
    insert_unless_there(family_tags).values(
        tag=sa.bindparam("tag"), family_id=sa.bindparam("family"), lang=sa.bindparam("lang"),
        place=sa.bindparam("place"),
    )
)
_MOVE = Statement(
    family_tags.update()
    .where(among(family_tags.c.family_id, "families"))
    .values(family_id=sa.bindparam("family", type_=_i64))
)
_PUT = Statement(
    family_tags.update()
    .where(family_tags.c.tag == sa.bindparam("the_tag"))
    .values(family_id=sa.bindparam("family", type_=_i64))
)
_MOVE_PAST = Statement(
    family_proposals.update()
    .where(among(family_proposals.c.family_id, "families"))
    .values(family_id=sa.bindparam("family", type_=_i64))
)
_ADD = Statement(
    insert_unless_there(family_proposals).values(
        {name: sa.bindparam(name) for name in family_proposals.c.keys()}
    )
)
_OPEN_ONE = Statement(
    sa.select(family_proposals.c.id).where(
        family_proposals.c.kind == sa.bindparam("kind"),
        family_proposals.c.tag == sa.bindparam("tag"),
        family_proposals.c.other == sa.bindparam("other"),
        family_proposals.c.state == ProposalState.OPEN.value,
    ),
    int,
)
_OPEN_OF = Statement(
    sa.select(sa.func.count()).where(
        family_proposals.c.by_id == sa.bindparam("by", type_=_i64),
        family_proposals.c.state == ProposalState.OPEN.value,
    ),
    int,
)
_ONE = Statement(
    sa.select(*PROPOSAL)
    .where(family_proposals.c.id == sa.bindparam("id", type_=_i64))
    .with_for_update(),
    Proposal,
)
_CLOSE = Statement(
    family_proposals.update()
    .where(family_proposals.c.id == sa.bindparam("the_id", type_=_i64))
    .values(
        state=sa.bindparam("new_state"), decided_at=sa.bindparam("at", type_=Instant),
        decided_by_id=sa.bindparam("by", type_=_i64), reason=sa.bindparam("why"),
        reason_key=sa.bindparam("why_key"), family_id=sa.bindparam("family", type_=_i64),
    )
)
_WITH_REASON = Statement(
    sa.select(family_proposals.c.id, family_proposals.c.reason)
    .where(family_proposals.c.id > sa.bindparam("after", type_=_i64))
    .where(family_proposals.c.state == ProposalState.DECLINED.value)
    .where(family_proposals.c.reason_key == NO_TEXT)
    .order_by(family_proposals.c.id)
    .limit(sa.bindparam("count", type_=sa.Integer)),
    _Reason,
)
_NAME_REASON = Statement(
    family_proposals.update()
    .where(family_proposals.c.id == sa.bindparam("the_id", type_=_i64))
    .where(family_proposals.c.reason_key == NO_TEXT)
    .values(reason_key=sa.bindparam("why_key"))
)
_VOTE = Statement(
    insert_unless_there(family_votes).values(
        proposal_id=sa.bindparam("proposal"), person_id=sa.bindparam("person"),
        at=sa.bindparam("at", type_=Instant),
    )
)
_VOTES = Statement(
    sa.select(sa.func.count()).where(
        family_votes.c.proposal_id == sa.bindparam("id", type_=_i64)
    ),
    int,
)
_DECLINED = Statement(
    sa.select(family_proposals.c.tag, family_proposals.c.other).where(
        among(family_proposals.c.tag, "tags"),
        family_proposals.c.kind == ProposalKind.JOIN.value,
        family_proposals.c.state == ProposalState.DECLINED.value,
    ),
    _Pair,
)


async def propose(tx: Tx, tag: str, *, joins: str, by: PersonId) -> int:
    """Propose that two tags mean the same, with all that mean the same as either.

    The answer is the proposal's number; where the same is open already, that one's.

    Raises:
        TagInvalid
        ProposalRefused: it is one tag, or both are in one family.
        TooMany: the family would be too large, or ``by`` has too many open proposals.
    """
    one, other = sorted((checked_tag(tag), checked_tag(joins)))
    if one == other:
        raise ProposalRefused(Vain.SAME)
    found = await families.of_tags(tx, [one, other])
    if other in found[one].tags:
        raise ProposalRefused(Vain.TOGETHER)
    _must_fit(len(found[one].tags) + len(found[other].tags))
    return await _put_forward(tx, ProposalKind.JOIN, one, other, by=by)


async def propose_leaving(tx: Tx, tag: str, *, by: PersonId) -> int:
    """Propose that a tag does not belong to its family; answers like `propose`.

    Raises:
        TagInvalid
        ProposalRefused: nothing is there that it could leave.
        TooMany: ``by`` has too many open proposals.
    """
    name = checked_tag(tag)
    if len((await families.expanded(tx, [name]))[name]) < 2:
        raise ProposalRefused(Vain.ALONE)
    return await _put_forward(tx, ProposalKind.LEAVE, name, "", by=by)


def _must_fit(count: int) -> None:
    if count > FAMILY_MAX_TAGS:
        raise TooMany("family", count=count, limit=FAMILY_MAX_TAGS)


async def _put_forward(
    tx: Tx, kind: ProposalKind, tag: str, other: str, *, by: PersonId
) -> int:
    await waiting.must_be_in(tx, by)
    # Two clicks at once would both count what was open before either.
    await people.hold(tx, by)
    there = await tx.one(_OPEN_ONE, kind=kind, tag=tag, other=other)
    if there is not None:
        return there
    count = await tx.one(_OPEN_OF, by=by) or 0
    if count >= OPEN_PROPOSALS_MAX:
        raise TooMany("proposals", count=count + 1, limit=OPEN_PROPOSALS_MAX)
    id_ = ids.new(shard=ids.shard_of(by))
    added = await tx.run(
        _ADD, id=id_, kind=kind, tag=tag, other=other, family_id=None, by_id=by,
        state=ProposalState.OPEN.value, made_at=clock.now(), decided_at=None, decided_by_id=None,
        reason="", reason_key=NO_TEXT,
    )
    if added:
        return id_
    there = await tx.one(_OPEN_ONE, kind=kind, tag=tag, other=other)
    if there is None:  # somebody else's, decided since
        raise Overtaken
    return there


async def _to_decide(tx: Tx, id_: int, *, wanted: ProposalState) -> Proposal | None:
    """The proposal, nobody else's to decide until this ends; None where it is as wanted already.

    Raises:
        NotFound: there is none of this number.
        ProposalDecided: it was decided otherwise.
    """
    found = await tx.one(_ONE, id=id_)
    if found is None:
        raise NotFound("proposal")
    if found.state == wanted:
        return None
    if found.state != ProposalState.OPEN:
        raise ProposalDecided
    return found


async def _must_be_other_host(tx: Tx, found: Proposal, by: PersonId) -> None:
    if found.by_id == by:
        raise OwnProposal
    if not await people_queries.is_host(tx, by, now=clock.now()):
        raise HostsOnly


async def accept(tx: Tx, id_: int, *, by: PersonId) -> bool:
    """Say that one would accept a proposal; true where it is done, by the second host.

    Raises:
        HostsOnly: ``by`` is a newcomer.
        OwnProposal: ``by`` proposed it.
        TooMany: the family became too large meanwhile.
        NotFound, ProposalDecided, Overtaken
    """
    found = await _to_decide(tx, id_, wanted=ProposalState.ACCEPTED)
    if found is None:
        return True
    await _must_be_other_host(tx, found, by)
    await tx.run(_VOTE, proposal=id_, person=by, at=clock.now())
    if (await tx.one(_VOTES, id=id_) or 0) < HOSTS_NEEDED:
        return False
    is_join = found.kind is ProposalKind.JOIN
    family = await (_join(tx, (found.tag, found.other)) if is_join else _part(tx, found.tag))
    await tx.run(
        _CLOSE, the_id=id_, new_state=ProposalState.ACCEPTED.value, at=clock.now(), by=by, why="",
        why_key=NO_TEXT, family=family,
    )
    return True


async def decline(tx: Tx, id_: int, *, by: PersonId, reason: str) -> None:
    """Leave the tags as they are, and say why; the reason is translated as any text is.

    Raises:
        HostsOnly: ``by`` is a newcomer.
        OwnProposal: ``by`` proposed it, and may withdraw it.
        TextMissing, TextTooLong: the reason.
        NotFound, ProposalDecided
    """
    found = await _to_decide(tx, id_, wanted=ProposalState.DECLINED)
    if found is None:
        return
    await _must_be_other_host(tx, found, by)
    why = " ".join(writable(reason).split())
    if not why:
        raise TextMissing("reason")
    if len(why) > REASON_MAX_CHARS:
        raise TextTooLong("reason", length_chars=len(why), limit_chars=REASON_MAX_CHARS)
    reader = await people_queries.reader(tx, by)
    prior = reader.reads if reader is not None else ()
    key = await translation.keep(tx, why, prior=prior, context=f"#{found.tag} #{found.other}")
    await _close(tx, found, ProposalState.DECLINED, by=by, why=why, why_key=key)


async def withdraw(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Take one's own open proposal back.

    Raises:
        NotFound: there is none of one's own.
        ProposalDecided
    """
    found = await tx.one(_ONE, id=id_)
    if found is None or found.by_id != by:
        raise NotFound("proposal")
    if await _to_decide(tx, id_, wanted=ProposalState.WITHDRAWN) is not None:
        await _close(tx, found, ProposalState.WITHDRAWN, by=by)


async def _close(
    tx: Tx, found: Proposal, state: ProposalState, *, by: PersonId, why: str = "",
    why_key: TextKey = NO_TEXT,
) -> None:
    standing = await _families(tx, [found.tag])
    await tx.run(
        _CLOSE, the_id=found.id, new_state=state.value, at=clock.now(), by=by, why=why,
        why_key=why_key, family=standing.get(found.tag),
    )


async def keep_reasons(tx: Tx, *, after: int, count: int) -> list[int]:
    """Keep the reasons of declined proposals as texts that were written before they were such.

    The answer is the ids that were looked at, in order.
    """
    rows = await tx.all(_WITH_REASON, after=after, count=count)
    for row in rows:
        key = await translation.keep(tx, row.reason, prior=())
        if not await tx.run(_NAME_REASON, the_id=row.id, why_key=key):
            await translation.release(tx, [key])
    return [row.id for row in rows]


async def _families(tx: Tx, tags: Sequence[str]) -> dict[str, int | None]:
    """In which families tags stand; those that hosts took out in none, others are absent."""
    return {row.tag: row.family_id for row in await tx.all(_STANDING, tags=list(tags))}


async def _held(tx: Tx, tags: Sequence[str]) -> dict[str, int | None]:
    """The tags with all of their families, which nobody else changes until this ends.

    Raises:
        Overtaken: somebody moved them while this waited.
    """
    before = await _families(tx, tags)
    inside = [family for family in before.values() if family is not None]
    await tx.all(_HOLD, tags=list(tags), families=inside)
    # Read again: on PostgreSQL what came while this waited was not there to be held.
    members = {
        row.tag: row.family_id for row in await tx.all(_MEMBERS, tags=list(tags), families=inside)
    }
    if any(members.get(tag) != before.get(tag) for tag in tags):
        raise Overtaken
    return members


async def _join(tx: Tx, tags: tuple[str, str]) -> int:
    """Make one family of two tags and all that mean the same as either; the family's number."""
    members = await _held(tx, tags)
    known = sorted({family for family in members.values() if family is not None})
    _must_fit(len({tag for tag, family in members.items() if family is not None} | {*tags}))
    family = known[0] if known else ids.new(shard=0)
    if len(known) > 1:
        await tx.run(_MOVE, families=known[1:], family=family)
        await tx.run(_MOVE_PAST, families=known[1:], family=family)
    for tag in tags:
        if members.get(tag) is not None:
            continue
        if tag in members:
            await tx.run(_PUT, the_tag=tag, family=family)
        elif not await tx.run(
            _ADD_TAG, tag=tag, family=family, lang=written_in(tag), place=ids.new(shard=0)
        ):
            raise Overtaken
    return family


async def _part(tx: Tx, tag: str) -> int | None:
    """Take a tag out of its family; the family's number, None where it was in none."""
    family = (await _held(tx, [tag])).get(tag)
    if family is not None:
        await tx.run(_PUT, the_tag=tag, family=None)
    return family


def written_in(tag: str) -> str:
    """The language that a tag's letters say it is in, "" where they do not."""
    if _HAN.fullmatch(tag):
        return CHINESE
    if _KANA.search(tag):
        return "ja"
    return "ko" if _HANGUL.search(tag) else ""


def seeds() -> list[tuple[Member, ...]]:
    """The families that every Catflap begins with."""
    rows: list[dict[Lang, list[str]]] = tomllib.loads(SEED.read_text(encoding="utf-8"))["family"]
    return [
        tuple(Member(tag=tag, lang=lang) for lang, tags in row.items() for tag in tags)
        for row in rows
    ]


async def plant(tx: Tx) -> None:
    """Write down the seeds' tags that are not there; what hosts decided stays. Safe to run twice.

    One query where nothing is new.
    """
    found = seeds()
    every = [member.tag for seed in found for member in seed]
    standing = await _families(tx, every)
    if len(standing) == len(every):
        return
    apart = {frozenset((p.tag, p.other)) for p in await tx.all(_DECLINED, tags=every)}
    for seed in found:
        if any(member.tag not in standing for member in seed):
            await _plant(tx, seed, standing, apart)


async def _plant(
    tx: Tx, seed: Sequence[Member], standing: Mapping[str, int | None],
    apart: Collection[frozenset[str]],
) -> None:
    known = [there for m in seed if (there := standing.get(m.tag)) is not None]
    family: int = known[0] if known else ids.new(shard=0)
    rows = await tx.all(_MEMBERS, tags=[], families=[family])
    inside = [row.tag for row in rows]
    new = []
    for member in seed:
        kept_apart = any(frozenset((member.tag, tag)) in apart for tag in inside)
        if member.tag in standing or kept_apart or len(inside) >= FAMILY_MAX_TAGS:
            continue
        inside.append(member.tag)
        new.append({
            "tag": member.tag, "family": family, "lang": member.lang, "place": ids.new(shard=0),
        })
    await tx.run_many(_ADD_TAG, new)
