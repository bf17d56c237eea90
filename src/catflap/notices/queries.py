"""Reading one's notices."""

from __future__ import annotations

import sqlalchemy as sa

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.paging import Page, cursor, position
from catflap.ground.statements import Statement
from catflap.notices.model import Notice
from catflap.notices.tables import notices
from catflap.people import queries as people
from catflap.people.model import PersonId

_i64 = sa.BigInteger
PAGE = 30
UNREAD_SHOWN_MAX = 99

_MINE = Statement(
    sa.select(*(notices.c[name] for name in Notice.__struct_fields__))
    .where(
        notices.c.person_id == sa.bindparam("viewer", type_=_i64),
        notices.c.id < sa.bindparam("before", type_=_i64),
        notices.c.filtered == sa.false(),
    )
    .order_by(notices.c.id.desc())
    .limit(sa.bindparam("count", type_=sa.Integer)),
    Notice,
)
_ONE = Statement(
    sa.select(*(notices.c[name] for name in Notice.__struct_fields__)).where(
        notices.c.id == sa.bindparam("notice", type_=_i64),
        notices.c.person_id == sa.bindparam("viewer", type_=_i64),
    ),
    Notice,
)
_UNREAD = Statement(
    sa.select(sa.func.count()).select_from(
        sa.select(notices.c.id)
        .where(
            notices.c.person_id == sa.bindparam("viewer", type_=_i64),
            notices.c.read == sa.false(),
            notices.c.filtered == sa.false(),
        )
        .limit(UNREAD_SHOWN_MAX + 1)
        .subquery()
    ),
    int,
)


async def of_viewer(reads: Reads, viewer: PersonId, *, after: str | None) -> Page[Notice]:
    """The viewer's notices, newest first, without those of people they hide."""
    place = position(after, size=1)
    before = int(place[0]) if place else 2**63 - 1
    rows = await reads.all(_MINE, viewer=viewer, before=before, count=PAGE + 1)
    more = cursor(rows[PAGE - 1].id) if len(rows) > PAGE else None
    hidden = await people.hidden_from(reads, viewer)
    away = hidden.silenced
    return Page(
        items=[row for row in rows[:PAGE] if not row.is_hidden(away)], next_cursor=more
    )


async def notice(reads: Reads, id_: int, *, viewer: PersonId) -> Notice:
    """One of the viewer's notices.

    Raises:
        NotFound: it is absent, somebody else's, or of somebody whom the viewer hides.
    """
    found = await reads.one(_ONE, viewer=viewer, notice=id_)
    if found is None:
        raise NotFound("notice")
    hidden = await people.hidden_from(reads, viewer)
    if found.is_hidden(hidden.silenced):
        raise NotFound("notice")
    return found


async def unread(reads: Reads, viewer: PersonId) -> int:
    """How many notices wait to be read, at most one over `UNREAD_SHOWN_MAX`. One query."""
    return await reads.one(_UNREAD, viewer=viewer) or 0
