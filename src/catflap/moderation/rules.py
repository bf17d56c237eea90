"""The community's rules: short, in plain words, in an order that operators choose.

Whoever edits them is an operator, which the doors check by the setting `operators`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from catflap.ground import ids
from catflap.ground.characters import on_one_line
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing, TooMany
from catflap.ground.statements import Statement, among
from catflap.moderation.model import (
    HINT_MAX_CHARS,
    HOUSE_SHARD,
    RULE_MAX_CHARS,
    RULES_MAX,
    Rule,
    RuleId,
)
from catflap.moderation.tables import rules
from catflap.people.actions import text_within
from catflap.translation import actions as translation
from catflap.translation.model import TextKey

_i64 = sa.BigInteger
_RULE = tuple(rules.c[name] for name in Rule.__struct_fields__)
_STANDING = Statement(
    sa.select(*_RULE)
    .where(rules.c.withdrawn == sa.false())
    .order_by(rules.c.place, rules.c.id),
    Rule,
)
_THESE = Statement(sa.select(*_RULE).where(among(rules.c.id, "ids")), Rule)
_HOLDING = Statement(
    sa.select(rules.c.id).where(
        (rules.c.text_key == sa.bindparam("key")) | (rules.c.hint_key == sa.bindparam("key"))
    ),
    int,
)
_ADD = Statement(rules.insert().values({name: sa.bindparam(name) for name in rules.c.keys()}))
_WRITE = Statement(
    rules.update()
    .where(rules.c.id == sa.bindparam("rule", type_=_i64))
    .values(text_key=sa.bindparam("new_text"), hint_key=sa.bindparam("new_hint"))
)
_PLACE = Statement(
    rules.update()
    .where(rules.c.id == sa.bindparam("rule", type_=_i64))
    .values(place=sa.bindparam("new_place", type_=sa.Integer))
)
_WITHDRAW = Statement(
    rules.update().where(rules.c.id == sa.bindparam("rule", type_=_i64)).values(withdrawn=True)
)


async def standing(reads: Reads) -> list[Rule]:
    """The rules that count, in their order."""
    return await reads.all(_STANDING)


async def by_ids(reads: Reads, wanted: Collection[int]) -> dict[int, Rule]:
    """Rules by id, withdrawn ones too: reports name them. One query."""
    found = await reads.all(_THESE, ids=sorted(set(wanted))) if wanted else []
    return {rule.id: rule for rule in found}


async def holds(reads: Reads, key: TextKey) -> bool:
    """Whether a text is a rule's, so that everybody may read it."""
    return await reads.one(_HOLDING, key=key) is not None


async def _kept(tx: Tx, text: str, hint: str, *, prior: Sequence[str]) -> tuple[TextKey, TextKey]:
    words = text_within("rule", on_one_line(text), RULE_MAX_CHARS)
    if not words:
        raise TextMissing("rule")
    more = text_within("hint", hint, HINT_MAX_CHARS)
    return (
        await translation.keep(tx, words, prior=prior),
        await translation.keep(tx, more, prior=prior, context=words),
    )


async def add(tx: Tx, *, text: str, hint: str = "", prior: Sequence[str] = ()) -> RuleId:
    """A new rule behind the others.

    Raises:
        TextMissing, TextTooLong: of ``rule`` or ``hint``.
        TooMany: there are `RULES_MAX`.
    """
    known = await standing(tx)
    if len(known) >= RULES_MAX:
        raise TooMany("rules", count=len(known) + 1, limit=RULES_MAX)
    text_key, hint_key = await _kept(tx, text, hint, prior=prior)
    id_ = RuleId(ids.new(shard=HOUSE_SHARD))
    await tx.run(
        _ADD, id=id_, place=max((rule.place for rule in known), default=0) + 1,
        text_key=text_key, hint_key=hint_key, withdrawn=False,
    )
    return id_


async def _one(tx: Tx, id_: int) -> Rule:
    found = (await by_ids(tx, [id_])).get(id_)
    if found is None or found.withdrawn:
        raise NotFound("rule")
    return found


async def write(
    tx: Tx, id_: int, *, text: str, hint: str = "", prior: Sequence[str] = ()
) -> None:
    """Say a rule in other words; it is meant to be the same rule.

    Raises:
        NotFound: there is none, or it was withdrawn.
        TextMissing, TextTooLong: as for `add`.
    """
    old = await _one(tx, id_)
    text_key, hint_key = await _kept(tx, text, hint, prior=prior)
    await tx.run(_WRITE, rule=id_, new_text=text_key, new_hint=hint_key)
    await translation.release(tx, [old.text_key, old.hint_key])


async def move(tx: Tx, id_: int, *, by: int) -> None:
    """Move a rule up (-1) or down (1) by so many places; it stops at the ends.

    Raises:
        NotFound: there is none, or it was withdrawn.
    """
    order = [rule.id for rule in await standing(tx)]
    if id_ not in order:
        raise NotFound("rule")
    at = order.index(RuleId(id_))
    order.insert(max(0, at + by), order.pop(at))
    await tx.run_many(
        _PLACE, [{"rule": rule, "new_place": place} for place, rule in enumerate(order, 1)]
    )


async def withdraw(tx: Tx, id_: int) -> None:
    """Let a rule count no more; reports that name it still can.

    Raises:
        NotFound: there is none, or it was withdrawn.
    """
    await _one(tx, id_)
    await tx.run(_WITHDRAW, rule=id_)
