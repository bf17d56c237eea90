"""Whom somebody may want to follow, and why.

Three ways to somebody, in this order: those whom one follows follow them; they write under tags
that one uses or follows, in whatever language these are, and read a language that one reads; they
are new here, read such a language and have published something. Whom one follows, asked, hides or
passed over is left out, and who does not want to be found.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.statements import Statement, among
from catflap.notes import families, tagging
from catflap.notes.model import Visibility
from catflap.notes.tables import note_tags, notes
from catflap.people import circles, queries, relations, remarking
from catflap.people.model import NEWCOMER_FOR, Person, PersonId

CANDIDATES_MAX = 120
TAGS_MAX = 40
NEWCOMERS_LOOKED_AT = 80

_i64 = sa.BigInteger
_LATELY = (
    sa.select(note_tags.c.note_id)
    .where(among(note_tags.c.tag, "tags"))
    .order_by(note_tags.c.note_id.desc())
    .limit(400)
    .subquery()
)
_UNDER_TAGS = Statement(
    sa.select(notes.c.author_id)
    .join(_LATELY, _LATELY.c.note_id == notes.c.id)
    .where(notes.c.visibility == Visibility.PUBLIC.value)
    .group_by(notes.c.author_id)
    .order_by(sa.func.count().desc(), notes.c.author_id.desc())
    .limit(CANDIDATES_MAX),
    int,
)


class Way(StrEnum):
    """How one comes to somebody."""

    FRIENDS = "friends"
    TAGS = "tags"
    NEWCOMER = "newcomer"


class Acquaintance(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to follow, and every way that leads to them."""

    person: Person
    ways: tuple[Way, ...]


async def suggested(reads: Reads, viewer: PersonId, *, count: int) -> list[Acquaintance]:
    """People whom the viewer may want to follow, the likeliest first.

    A dozen queries, whatever the size of the community.
    """
    ways: dict[int, list[Way]] = {}
    for id_ in await circles.friends_of_friends(reads, viewer, count=CANDIDATES_MAX):
        ways.setdefault(id_, []).append(Way.FRIENDS)
    for id_ in await _under_tags(reads, viewer):
        ways.setdefault(id_, []).append(Way.TAGS)
    for id_ in await _newcomers(reads, viewer):
        ways.setdefault(id_, []).append(Way.NEWCOMER)
    known = await queries.by_ids(reads, list(ways))
    fitting = await _fitting(reads, viewer, list(known.values()), ways)
    # Those whom several ways lead to come first; else in the order they were found in.
    ranked = sorted(fitting, key=lambda one: -len(one.ways))
    return ranked[:count]


async def _under_tags(reads: Reads, viewer: PersonId) -> list[int]:
    own = [*await tagging.followed(reads, viewer), *await tagging.often(reads, viewer)]
    tags = list(dict.fromkeys(own))[:TAGS_MAX]
    if not tags:
        return []
    known = await families.expanded(reads, tags)
    every = list(dict.fromkeys(tag for tag in tags for tag in known[tag]))
    return await reads.all(_UNDER_TAGS, tags=every)


async def _newcomers(reads: Reads, viewer: PersonId) -> list[int]:
    newest = await queries.directory(
        reads, viewer=viewer, newest=True, skipped=0, count=NEWCOMERS_LOOKED_AT
    )
    since = clock.now() - NEWCOMER_FOR - timedelta(minutes=1)
    return [one.id for one in newest if one.joined_at > since and one.wrote_at is not None]


async def _fitting(
    reads: Reads, viewer: PersonId, found: list[Person], ways: dict[int, list[Way]]
) -> list[Acquaintance]:
    reader = await queries.reader(reads, viewer)
    own = {*reader.reads} if reader is not None else set()
    passed = await remarking.passed(reads, viewer)
    hidden = await queries.hidden_from(reads, viewer)
    stands = await relations.among(reads, viewer, [one.id for one in found])
    away = passed | hidden.blocked | hidden.muted | {viewer}
    by_id = {one.id: one for one in found}
    made = []
    for id_, led in ways.items():
        one = by_id.get(PersonId(id_))
        if one is None or id_ in away or not one.discoverable:
            continue
        if stands[id_].following or stands[id_].requested:
            continue
        reads_alike = bool(own & {*one.reads})
        fit = tuple(way for way in led if way is Way.FRIENDS or reads_alike)
        if fit:
            made.append(Acquaintance(person=one, ways=fit))
    return made
