"""One's notices as apps page through them: one by one, and in bundles of those that are alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.statements import Statement, among
from catflap.notices.model import Bundle, Kind, Notice
from catflap.notices.tables import notices
from catflap.people import queries as people
from catflap.people.model import PersonId

_i64 = sa.BigInteger
_NOTICE = tuple(notices.c[name] for name in Notice.__struct_fields__)
_MINE = notices.c.person_id == sa.bindparam("viewer", type_=_i64)
BUNDLE_MAX = 1000
"""Notices of one bundle that are looked at, when it is asked for by its key."""
SCAN = 200
SCANS_MAX = 10

_WITHIN = (
    sa.select(*_NOTICE)
    .where(
        _MINE,
        notices.c.id > sa.bindparam("above", type_=_i64),
        notices.c.id < sa.bindparam("below", type_=_i64),
        among(notices.c.kind, "kinds"),
        sa.or_(
            notices.c.filtered == sa.false(),
            sa.bindparam("with_filtered", type_=sa.Boolean) == sa.true(),
        ),
    )
    .limit(sa.bindparam("count", type_=sa.Integer))
)
_FROM_ONE = _WITHIN.where(notices.c.actor_id == sa.bindparam("actor", type_=_i64))
_DOWN = Statement(_WITHIN.order_by(notices.c.id.desc()), Notice)
_UP = Statement(_WITHIN.order_by(notices.c.id), Notice)
_DOWN_FROM_ONE = Statement(_FROM_ONE.order_by(notices.c.id.desc()), Notice)
_UP_FROM_ONE = Statement(_FROM_ONE.order_by(notices.c.id), Notice)
_UNREAD = Statement(
    sa.select(*_NOTICE)
    .where(
        _MINE, notices.c.read == sa.false(), notices.c.filtered == sa.false(),
        among(notices.c.kind, "kinds"),
    )
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Notice,
)
_BUNDLE = Statement(
    sa.select(*_NOTICE)
    .where(_MINE, notices.c.bundle == sa.bindparam("key"), notices.c.filtered == sa.false())
    .order_by(notices.c.id.desc())
    .limit(BUNDLE_MAX),
    Notice,
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which notices: kinds, ids over ``above`` and under ``below``, newest first or upward.

    ``actor``: only what that person did. ``bundled``: kinds that are shown together.
    """

    kinds: Sequence[Kind]
    above: int
    below: int
    count: int
    upward: bool = False
    actor: int | None = None
    with_filtered: bool = False
    bundled: Collection[Kind] = ()

    def asked(self) -> dict[str, object]:
        """The parameters of its statement."""
        made: dict[str, object] = {
            "kinds": [str(kind) for kind in self.kinds], "above": self.above,
            "below": self.below, "count": self.count, "with_filtered": self.with_filtered,
        }
        return made if self.actor is None else {**made, "actor": self.actor}

    def statement(self) -> Statement[Notice]:
        """What finds them."""
        if self.actor is None:
            return _UP if self.upward else _DOWN
        return _UP_FROM_ONE if self.upward else _DOWN_FROM_ONE


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a viewer sees of a page, newest first, and the ids that were looked at for it."""

    kept: list[Notice]
    ids: list[int]


async def _away(reads: Reads, viewer: PersonId) -> frozenset[int]:
    hidden = await people.hidden_from(reads, viewer)
    return hidden.silenced


async def within(reads: Reads, viewer: PersonId, wanted: Wanted) -> Looked:
    """The viewer's notices one by one; those of people whom they hide are left out."""
    rows = await reads.all(wanted.statement(), viewer=viewer, **wanted.asked())
    away = await _away(reads, viewer)
    if wanted.upward:
        rows.reverse()
    return Looked(kept=[row for row in rows if not row.is_hidden(away)], ids=[r.id for r in rows])


class Bundles(msgspec.Struct, frozen=True, kw_only=True):
    """A page of bundles, newest first, and whether the list may go on."""

    found: list[Bundle]
    goes_on: bool


async def bundles(reads: Reads, viewer: PersonId, wanted: Wanted) -> Bundles:
    """The viewer's notices, those that are alike together, newest first.

    A page ends where one more bundle would begin, so that the next goes on there, and a bundle may
    go on in it. Looks at `SCAN` notices at a time, and at `SCANS_MAX` times as many at most.
    """
    away = await _away(reads, viewer)
    found: dict[str, list[Notice]] = {}
    place = msgspec.structs.replace(wanted, count=SCAN)
    for _ in range(SCANS_MAX):
        rows = await reads.all(place.statement(), viewer=viewer, **place.asked())
        for row in rows:
            if row.is_hidden(away):
                continue
            key = row.bundle if row.bundle and row.kind in wanted.bundled else f"alone-{row.id}"
            if key not in found and len(found) == wanted.count:
                return _made(found, goes_on=True)
            found.setdefault(key, []).append(row)
        if len(rows) < SCAN:
            return _made(found, goes_on=False)
        edge = rows[-1].id
        place = msgspec.structs.replace(
            place, **({"above": edge} if wanted.upward else {"below": edge})
        )
    return _made(found, goes_on=True)


def _made(found: dict[str, list[Notice]], *, goes_on: bool) -> Bundles:
    made = [
        Bundle(
            key="" if key.startswith("alone-") else key,
            notices=sorted(rows, key=lambda row: -row.id),
        )
        for key, rows in found.items()
    ]
    return Bundles(found=sorted(made, key=lambda bundle: -bundle.newest.id), goes_on=goes_on)


async def bundle(reads: Reads, key: str, *, viewer: PersonId) -> Bundle:
    """One bundle of the viewer's, its newest `BUNDLE_MAX` notices.

    Raises:
        NotFound: there is none of this key.
    """
    rows = await reads.all(_BUNDLE, viewer=viewer, key=key) if key else []
    away = await _away(reads, viewer)
    kept = [row for row in rows if not row.is_hidden(away)]
    if not kept:
        raise NotFound("notice")
    return Bundle(key=key, notices=kept)


async def unread(
    reads: Reads, viewer: PersonId, *, kinds: Sequence[Kind], count: int,
    bundled: Collection[Kind] = (),
) -> int:
    """How many notices wait to be read, at most ``count``; with ``bundled``, each bundle as one."""
    rows = await reads.all(
        _UNREAD, viewer=viewer, kinds=[str(kind) for kind in kinds],
        count=count if not bundled else BUNDLE_MAX,
    )
    keys = {row.bundle if row.bundle and row.kind in bundled else row.id for row in rows}
    return min(len(keys), count)
