"""Wanting previews, keeping what pages say, letting go."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from catflap.ground import clock, events, ids, jobs
from catflap.ground.database import Tx
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.media import actions as media
from catflap.media.model import PhotoMade
from catflap.previews import queries
from catflap.previews.events import PreviewMade
from catflap.previews.model import FRESH_FOR, Page, Preview, PreviewId, State
from catflap.previews.tables import previews
from catflap.translation import actions as translation
from catflap.translation.model import NO_TEXT

FETCH = "previews.fetch"

_i64 = sa.BigInteger
_IT = previews.c.id == sa.bindparam("preview", type_=_i64)
_ADD = Statement(
    insert_unless_there(previews).values({name: sa.bindparam(name) for name in previews.c.keys()})
)
_USE = Statement(
    previews.update()
    .where(previews.c.url == sa.bindparam("the_url"))
    .values(uses=previews.c.uses + 1)
)
_OPEN = Statement(
    previews.update().where(_IT, previews.c.is_open == sa.false()).values(is_open=True)
)
_RELEASE = Statement(previews.update().where(_IT).values(uses=previews.c.uses - 1))
_DROP = Statement(previews.delete().where(_IT, previews.c.uses <= 0))
_KEEP = Statement(
    previews.update()
    .where(_IT)
    .values(
        state=State.READY.value, title_key=sa.bindparam("title"),
        description_key=sa.bindparam("description"), site=sa.bindparam("the_site"),
        author_name=sa.bindparam("author"), author_url=sa.bindparam("author_at"),
        creator=sa.bindparam("by"),
        lang=sa.bindparam("language"), published_at=sa.bindparam("published", type_=Instant),
        image=sa.bindparam("made", type_=Json(PhotoMade)), image_alt=sa.bindparam("alt"),
        folder=sa.bindparam("place"), fetched_at=sa.bindparam("now", type_=Instant), tries=0,
    )
)
_FAIL = Statement(
    previews.update()
    .where(_IT)
    .values(
        state=sa.bindparam("new_state"), tries=sa.bindparam("count", type_=sa.Integer),
        fetched_at=sa.bindparam("now", type_=Instant),
    )
)


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """A page to be read, or to be read again."""

    preview: int


async def want(tx: Tx, url: str, *, is_open: bool) -> Preview:
    """Have a page read for one note more; one that was read within a fortnight is not again.

    ``url`` is as `addressing.canonical` writes it. Who wants one `release`s it.
    """
    while True:
        await tx.run(
            _ADD, id=ids.new(shard=0), url=url, state=State.WAITING, is_open=is_open,
            title_key=NO_TEXT, description_key=NO_TEXT, site="", author_name="", author_url="",
            creator="", lang="", published_at=None, image=None, image_alt="", folder="",
            fetched_at=None, tries=0, uses=0,
        )
        # None where the last note that linked to it went in this very moment.
        if await tx.run(_USE, the_url=url):
            break
    found = await queries.at(tx, url)
    assert found is not None
    if is_open:
        await show_all(tx, found)
    if found.fetched_at is None or clock.now() - found.fetched_at > FRESH_FOR:
        await jobs.enqueue(
            tx, FETCH, Fetch(preview=found.id), key=f"{FETCH}:{found.id}", lane=jobs.AWAY
        )
    return found


async def show_all(tx: Tx, found: Preview) -> None:
    """Let everybody know that somebody links there: engines outside may have its texts now."""
    if await tx.run(_OPEN, preview=found.id):
        await translation.publish(tx, found.keys())


async def release(tx: Tx, id_: PreviewId) -> None:
    """Want it for one note less; the last takes texts and picture along."""
    await tx.run(_RELEASE, preview=id_)
    found = (await queries.by_ids(tx, [id_])).get(id_)
    if found is not None and await tx.run(_DROP, preview=id_):
        await translation.release(tx, found.keys())
        await media.clear(tx, found.folder)


async def keep(
    tx: Tx, id_: PreviewId, page: Page, *, image: PhotoMade | None, folder: str
) -> None:
    """Keep what a page says, in the place of what it said before.

    The picture's files stand in ``folder`` already; they go where nobody wants the page any more.
    """
    before = (await queries.by_ids(tx, [id_])).get(id_)
    if before is None:
        await media.clear(tx, folder)
        return
    claimed, public = page.lang, before.is_open
    title = await translation.keep(tx, page.title, prior=(), claimed=claimed, public=public)
    description = await translation.keep(
        tx, page.description, prior=(), claimed=claimed, public=public, context=page.title
    )
    await tx.run(
        _KEEP, preview=id_, title=title, description=description, the_site=page.site,
        author=page.author_name, author_at=page.author_url, by=page.creator, language=page.lang,
        published=page.published_at, made=image, alt=page.image_alt if image else "",
        place=folder, now=clock.now(),
    )
    await translation.release(tx, before.keys())
    await media.clear(tx, before.folder)
    await events.emit(tx, PreviewMade(preview=id_))


async def fail(tx: Tx, found: Preview, *, for_good: bool) -> None:
    """Note that a page could not be read; what it said before stays, if it said anything."""
    state = State.NONE if for_good and found.state is State.WAITING else found.state
    await tx.run(
        _FAIL, preview=found.id, new_state=state, count=0 if for_good else found.tries + 1,
        now=clock.now() if for_good else found.fetched_at,
    )
