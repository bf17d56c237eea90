"""Drafts: notes not yet published, kept as the form's fields stood."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Tx
from catflap.ground.errors import TooMany
from catflap.ground.statements import Instant, Json, Statement
from catflap.media import queries as media
from catflap.media.model import MediaId
from catflap.notes import queries
from catflap.notes.model import BODY_MAX_CHARS, DRAFTS_MAX, DraftId
from catflap.notes.tables import drafts
from catflap.people.actions import text_within
from catflap.people.model import PersonId

_i64 = sa.BigInteger
FIELDS = ("title", "body", "tags", "place", "warning", "visibility", "format", "lang", "quote",
          "quotable_by")

_ADD = Statement(drafts.insert().values({name: sa.bindparam(name) for name in drafts.c.keys()}))
_SAVE = Statement(
    drafts.update()
    .where(
        drafts.c.id == sa.bindparam("draft", type_=_i64),
        drafts.c.owner_id == sa.bindparam("owner", type_=_i64),
    )
    .values(
        fields=sa.bindparam("new_fields", type_=Json(dict[str, str])),
        media=sa.bindparam("new_media", type_=Json(tuple[str, ...])),
        at=sa.bindparam("at", type_=Instant),
    )
)
_DROP = Statement(
    drafts.delete().where(
        drafts.c.id == sa.bindparam("draft", type_=_i64),
        drafts.c.owner_id == sa.bindparam("owner", type_=_i64),
    )
)


async def save(
    tx: Tx,
    *,
    by: PersonId,
    draft: DraftId | None,
    fields: dict[str, str],
    media_ids: Sequence[MediaId],
) -> DraftId:
    """Keep a draft, new or again; one that was dropped meanwhile is kept as new.

    Raises:
        TextTooLong: a field is over twice the body's limit: more than a form can hold.
        TooMany: one has `DRAFTS_MAX` drafts already.
        NotFound: a file is nobody's, or somebody else's.
    """
    kept = {
        name: text_within(name, fields.get(name, ""), 2 * BODY_MAX_CHARS) for name in FIELDS
    }
    kept |= {
        name: text_within("alt", value, BODY_MAX_CHARS)
        for name, value in fields.items()
        if name.startswith("alt_") and name.removeprefix("alt_") in {str(m) for m in media_ids}
    }
    await media.mine(tx, media_ids, viewer=by)
    media_text = tuple(str(id_) for id_ in media_ids)
    now = clock.now()
    if draft is not None and await tx.run(
        _SAVE, draft=draft, owner=by, new_fields=kept, new_media=media_text, at=now
    ):
        return draft
    count = len(await queries.drafts_of(tx, by))
    if count >= DRAFTS_MAX:
        raise TooMany("drafts", count=count + 1, limit=DRAFTS_MAX)
    id_ = DraftId(ids.new(shard=ids.shard_of(by)))
    await tx.run(_ADD, id=id_, owner_id=by, fields=kept, media=media_text, at=now)
    return id_


async def drop(tx: Tx, draft: DraftId, *, by: PersonId) -> None:
    """Delete one of one's drafts; one that is gone already is gone."""
    await tx.run(_DROP, draft=draft, owner=by)
