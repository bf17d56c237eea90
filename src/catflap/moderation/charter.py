"""The house's own texts: what this place is, what it does with data, on what terms.

Every version stays. The newest of a page counts; of terms the newest whose day has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import sqlalchemy as sa

from catflap.ground import clock, ids
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound, TextMissing
from catflap.ground.statements import Statement
from catflap.moderation.errors import DateInvalid
from catflap.moderation.model import CHARTER_MAX_CHARS, HOUSE_SHARD, Page, Version
from catflap.moderation.tables import charter
from catflap.people.actions import text_within
from catflap.translation import actions as translation
from catflap.translation.model import TextKey

VERSIONS_SHOWN = 50
USUAL_AT = datetime(2026, 11, 22, tzinfo=UTC)
"""When the words were last changed that stand where nobody wrote a privacy policy."""

_VERSIONS = Statement(
    sa.select(*(charter.c[name] for name in Version.__struct_fields__))
    .where(charter.c.page == sa.bindparam("which"))
    .order_by(charter.c.id.desc())
    .limit(VERSIONS_SHOWN),
    Version,
)
_HOLDING = Statement(
    sa.select(charter.c.id).where(charter.c.text_key == sa.bindparam("key")).limit(1), int
)
_ADD = Statement(charter.insert().values({name: sa.bindparam(name) for name in charter.c.keys()}))


def checked_day(text: str) -> str:
    """A day as it is kept, ``2026-11-21``.

    Raises:
        DateInvalid: it is none.
    """
    try:
        return date.fromisoformat(text.strip()[:10]).isoformat()
    except ValueError as error:
        raise DateInvalid(text) from error


async def versions(reads: Reads, page: Page) -> list[Version]:
    """A page's versions, newest first; of terms the last one for each day, latest day first."""
    found = await reads.all(_VERSIONS, which=page)
    if page is not Page.TERMS:
        return found
    by_day = {version.effective_on: version for version in reversed(found)}
    return [by_day[day] for day in sorted(by_day, reverse=True)]


async def current(reads: Reads, page: Page) -> Version | None:
    """What counts today (UTC); None where nothing was written, or taken back by an empty text."""
    today = clock.now().date().isoformat()
    for version in await versions(reads, page):
        if page is not Page.TERMS or version.effective_on <= today:
            return version if version.text_key else None
    return None


async def terms(reads: Reads, day: str = "") -> tuple[Version, str]:
    """The terms that count today, or from a day on, and the day others take their place ("").

    Raises:
        NotFound: there are none.
        DateInvalid: it is no day.
    """
    wanted = checked_day(day) if day else ""
    every = await versions(reads, Page.TERMS)
    chosen = await current(reads, Page.TERMS) if not wanted else next(
        (version for version in every if version.effective_on == wanted), None
    )
    if chosen is None or not chosen.text_key:
        raise NotFound("page")
    later = [v.effective_on for v in every if v.effective_on > chosen.effective_on and v.text_key]
    return chosen, min(later, default="")


async def holds(reads: Reads, key: TextKey) -> bool:
    """Whether a text is the house's own, so that everybody may read it."""
    return await reads.one(_HOLDING, key=key) is not None


async def write(
    tx: Tx, page: Page, *, text: str, effective_on: str = "", prior: Sequence[str] = ()
) -> int:
    """A new version of a page; an empty text takes the page away.

    Raises:
        TextTooLong: over `CHARTER_MAX_CHARS`.
        TextMissing: terms begin with words.
        DateInvalid: terms that count from no day.
    """
    words = text_within(page, text, CHARTER_MAX_CHARS)
    day = ""
    if page is Page.TERMS:
        day = checked_day(effective_on)
        if not words and await current(tx, page) is None:
            raise TextMissing(page)
    id_ = ids.new(shard=HOUSE_SHARD)
    await tx.run(
        _ADD, id=id_, page=page, text_key=await translation.keep(tx, words, prior=prior),
        effective_on=day, made_at=clock.now(),
    )
    return id_
