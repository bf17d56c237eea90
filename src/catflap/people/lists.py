"""Lists: people whose notes somebody reads apart. A list is seen by its owner alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from catflap.ground import ids
from catflap.ground.characters import on_one_line
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing, TooMany
from catflap.ground.statements import Statement, among, insert_unless_there
from catflap.people import actions, queries
from catflap.people.model import (
    LIST_MEMBERS_MAX,
    LIST_TITLE_MAX_CHARS,
    LISTS_MAX,
    Answers,
    PeopleList,
    PersonId,
)
from catflap.people.tables import list_members, lists

_i64 = sa.BigInteger
_LIST = tuple(lists.c[name] for name in PeopleList.__struct_fields__)
_MINE = Statement(
    sa.select(*_LIST)
    .where(lists.c.owner_id == sa.bindparam("owner", type_=_i64))
    .order_by(lists.c.id),
    PeopleList,
)
_ONE = Statement(
    sa.select(*_LIST).where(lists.c.id == sa.bindparam("id", type_=_i64)), PeopleList
)
_WITH = Statement(
    sa.select(*_LIST)
    .join(list_members, list_members.c.list_id == lists.c.id)
    .where(
        list_members.c.person_id == sa.bindparam("person", type_=_i64),
        lists.c.owner_id == sa.bindparam("owner", type_=_i64),
    )
    .order_by(lists.c.id),
    PeopleList,
)
_MEMBERS = Statement(
    sa.select(list_members.c.person_id).where(
        list_members.c.list_id == sa.bindparam("id", type_=_i64)
    ),
    int,
)
_STANDS_ON = Statement(
    sa.select(list_members.c.list_id).where(
        list_members.c.person_id == sa.bindparam("person", type_=_i64),
        among(list_members.c.list_id, "lists"),
    ),
    int,
)
_APART = Statement(
    sa.select(list_members.c.person_id)
    .join(lists, lists.c.id == list_members.c.list_id)
    .where(
        lists.c.owner_id == sa.bindparam("owner", type_=_i64), lists.c.exclusive == sa.true()
    )
    .distinct(),
    int,
)
_ADD = Statement(lists.insert().values({name: sa.bindparam(name) for name in lists.c.keys()}))
_CHANGE = Statement(
    lists.update()
    .where(lists.c.id == sa.bindparam("list", type_=_i64))
    .values(
        title=sa.bindparam("new_title"), answers=sa.bindparam("new_answers"),
        exclusive=sa.bindparam("is_exclusive", type_=sa.Boolean),
    )
)
_DROP = Statement(lists.delete().where(lists.c.id == sa.bindparam("list", type_=_i64)))
_PUT = Statement(
    insert_unless_there(list_members).values(
        list_id=sa.bindparam("list"), person_id=sa.bindparam("person")
    )
)
_TAKE = Statement(
    list_members.delete().where(
        list_members.c.list_id == sa.bindparam("list", type_=_i64),
        among(list_members.c.person_id, "people"),
    )
)


def _checked_title(title: str) -> str:
    found = actions.text_within("title", on_one_line(title), LIST_TITLE_MAX_CHARS)
    if not found:
        raise TextMissing("title")
    return found


async def mine(reads: Reads, viewer: PersonId) -> list[PeopleList]:
    """The viewer's lists, oldest first."""
    return await reads.all(_MINE, owner=viewer)


async def one(reads: Reads, id_: int, *, viewer: PersonId) -> PeopleList:
    """One of the viewer's lists.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    found = await reads.one(_ONE, id=id_)
    if found is None or found.owner_id != viewer:
        raise NotFound("list")
    return found


async def holding(reads: Reads, person: PersonId, *, viewer: PersonId) -> list[PeopleList]:
    """The viewer's lists that a person is on, oldest first."""
    return await reads.all(_WITH, person=person, owner=viewer)


async def members(reads: Reads, id_: int) -> list[int]:
    """Ids of everybody on a list, which is the viewer's."""
    return await reads.all(_MEMBERS, id=id_)


async def stands_on(reads: Reads, person: PersonId, *, among: Collection[int]) -> set[int]:
    """Which of these lists somebody is on; whose they are, the caller knows. One query."""
    return set(await reads.all(_STANDS_ON, person=person, lists=list(among))) if among else set()


async def apart(reads: Reads, viewer: PersonId) -> set[int]:
    """Whom the viewer reads apart only: the people on their exclusive lists."""
    return set(await reads.all(_APART, owner=viewer))


async def make(
    tx: Tx, *, by: PersonId, title: str, answers: Answers = Answers.MEMBERS,
    exclusive: bool = False,
) -> int:
    """A new list; the answer is its number.

    Raises:
        TextMissing, TextTooLong: the title.
        TooMany: more than `LISTS_MAX`.
    """
    await actions.hold(tx, by)
    count = len(await mine(tx, by))
    if count >= LISTS_MAX:
        raise TooMany("lists", count=count + 1, limit=LISTS_MAX)
    id_ = ids.new(shard=ids.shard_of(by))
    await tx.run(
        _ADD, id=id_, owner_id=by, title=_checked_title(title), answers=answers.value,
        exclusive=exclusive,
    )
    return id_


async def change(
    tx: Tx, id_: int, *, by: PersonId, title: str | None = None, answers: Answers | None = None,
    exclusive: bool | None = None,
) -> None:
    """Change a list; what is None stays.

    Raises:
        NotFound: it is absent, or somebody else's.
        TextMissing, TextTooLong: the title.
    """
    old = await one(tx, id_, viewer=by)
    await tx.run(
        _CHANGE, list=id_, new_title=old.title if title is None else _checked_title(title),
        new_answers=(answers or old.answers).value,
        is_exclusive=old.exclusive if exclusive is None else exclusive,
    )


async def drop(tx: Tx, id_: int, *, by: PersonId) -> None:
    """Delete a list.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    await one(tx, id_, viewer=by)
    await tx.run(_DROP, list=id_)


async def put(tx: Tx, id_: int, people: Sequence[int], *, by: PersonId) -> None:
    """Put people whom one follows on a list; who is on it stays.

    Raises:
        NotFound: the list is absent or somebody else's, or one does not follow somebody of these.
        TooMany: more than `LIST_MEMBERS_MAX`.
    """
    await one(tx, id_, viewer=by)
    await actions.hold(tx, by)
    wanted = set(people)
    if wanted - {by} - await queries.followed_among(tx, by, list(wanted)):
        raise NotFound("person")
    count = len(wanted | set(await members(tx, id_)))
    if count > LIST_MEMBERS_MAX:
        raise TooMany("members", count=count, limit=LIST_MEMBERS_MAX)
    await tx.run_many(_PUT, [{"list": id_, "person": person} for person in sorted(wanted)])


async def take(tx: Tx, id_: int, people: Sequence[int], *, by: PersonId) -> None:
    """Take people off a list; who is not on it does not matter.

    Raises:
        NotFound: it is absent, or somebody else's.
    """
    await one(tx, id_, viewer=by)
    await tx.run(_TAKE, list=id_, people=list(people))
