"""What somebody says of themselves beside name and bio, and what their notes begin with."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from catflap.ground import events
from catflap.ground.characters import on_one_line
from catflap.ground.database import Tx
from catflap.ground.errors import TooMany
from catflap.ground.statements import Json, Statement
from catflap.people import actions, requests, waiting
from catflap.people.events import PersonDescribed
from catflap.people.model import (
    CREDITED_BY_MAX,
    FIELD_MAX_CHARS,
    FIELDS_MAX,
    Field,
    Person,
    PersonId,
)
from catflap.people.remarking import checked_domain
from catflap.people.tables import people

_i64 = sa.BigInteger
_SHOW = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(
        fields=sa.bindparam("lines", type_=Json(tuple[Field, ...])),
        locked=sa.bindparam("is_locked", type_=sa.Boolean),
        automated=sa.bindparam("is_automated", type_=sa.Boolean),
        discoverable=sa.bindparam("is_discoverable", type_=sa.Boolean),
        indexable=sa.bindparam("is_indexable", type_=sa.Boolean),
        hides_circles=sa.bindparam("hides", type_=sa.Boolean),
        revision=people.c.revision + 1,
    )
)
_KEY = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(
        fields=sa.bindparam("lines", type_=Json(tuple[Field, ...])),
        home_key=sa.bindparam("new_home_key"), revision=people.c.revision + 1,
    )
)
_BEGIN_WITH = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(
        post_visibility=sa.bindparam("for_whom"),
        post_sensitive=sa.bindparam("is_sensitive", type_=sa.Boolean),
        post_lang=sa.bindparam("lang"),
        post_quotable_by=sa.bindparam("quotable"),
    )
)


_LET_CREDIT = Statement(
    people.update()
    .where(people.c.id == sa.bindparam("person", type_=_i64))
    .values(credited_by=sa.bindparam("sites", type_=Json(tuple[str, ...])))
)


def checked_fields(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Lines for a profile, those without a name and a value left out.

    Raises:
        TooMany: more than `FIELDS_MAX`.
        TextTooLong: one is longer than `FIELD_MAX_CHARS`.
    """
    made = tuple(
        msgspec.structs.replace(
            field,
            name=actions.text_within("field", on_one_line(field.name), FIELD_MAX_CHARS),
            value=actions.text_within("field", on_one_line(field.value), FIELD_MAX_CHARS),
        )
        for field in fields
    )
    kept = tuple(field for field in made if field.name or field.value)
    if len(kept) > FIELDS_MAX:
        raise TooMany("fields", count=len(kept), limit=FIELDS_MAX)
    return kept


async def show(
    tx: Tx, old: Person, *, fields: Sequence[Field] | None = None, locked: bool | None = None,
    automated: bool | None = None, discoverable: bool | None = None,
    indexable: bool | None = None, hides_circles: bool | None = None,
) -> None:
    """Show other lines, or be found and followed otherwise; what is None stays as in ``old``.

    Whoever unlocks lets everybody follow who asked to.

    Raises:
        TooMany, TextTooLong: see `checked_fields`.
        StillWaiting: there are lines, and who would show them is not let in yet.
    """
    if fields:
        await waiting.must_be_in(tx, PersonId(old.id))
    await tx.run(
        _SHOW, person=old.id,
        lines=old.fields if fields is None else checked_fields(fields),
        is_locked=old.locked if locked is None else locked,
        is_automated=old.automated if automated is None else automated,
        is_discoverable=old.discoverable if discoverable is None else discoverable,
        is_indexable=old.indexable if indexable is None else indexable,
        hides=old.hides_circles if hides_circles is None else hides_circles,
    )
    if old.locked and locked is False:
        await requests.accept_all(tx, by=old.id)
    await events.emit(tx, PersonDescribed(person=old.id))


async def key(
    tx: Tx, person: PersonId, *, home_key: str, fields: Sequence[Field]
) -> None:
    """Name the texts of what somebody says of themselves already; nothing else is changed."""
    await tx.run(_KEY, person=person, lines=tuple(fields), new_home_key=home_key)


async def let_credit(tx: Tx, person: PersonId, domains: Sequence[str]) -> None:
    """Choose the sites that may name somebody as the author of their pages.

    Raises:
        TooMany: more than `CREDITED_BY_MAX`.
        DomainInvalid: one is no site's name.
    """
    kept = tuple(dict.fromkeys(checked_domain(text) for text in domains if text.strip()))
    if len(kept) > CREDITED_BY_MAX:
        raise TooMany("domains", count=len(kept), limit=CREDITED_BY_MAX)
    await tx.run(_LET_CREDIT, person=person, sites=kept)


async def begin_with(
    tx: Tx, person: PersonId, *, visibility: str, sensitive: bool, lang: str, quotable_by: str
) -> None:
    """Choose what a new note begins with; ``lang`` is a canonical code, "" to have it found."""
    await tx.run(
        _BEGIN_WITH, person=person, for_whom=visibility, is_sensitive=sensitive, lang=lang,
        quotable=quotable_by,
    )
