"""A house with hosts and newcomers, for the tests of coming over."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from catflap.ground import clock
from catflap.ground.statements import Instant, Statement
from catflap.media import actions as media
from catflap.media.model import PhotoMade, SizeMade
from catflap.notes import actions
from catflap.notes.model import NoteId, Written
from catflap.people.tables import people
from tests.notes.test_storage import Place

_AS_HOST = Statement(
    people.update().where(people.c.id == sa.bindparam("person", type_=sa.BigInteger))
    .values(joined_at=sa.bindparam("at", type_=Instant), notes_count=5)
)
_PHOTO = PhotoMade(
    width=8, height=8, blur="", blurhash="", animated=False,
    sizes=(SizeMade(name="small", width=8, height=8, webp="a.webp", avif="a.avif"),),
)


class Village(Place):
    """阿橘 was here before, juniper is new."""

    async def settle(self) -> None:
        await super().settle()
        self.hosts = [self.aju, *[await self.joins(name, "zh") for name in ("old_wang", "老李", "mei")]]
        for host in self.hosts:
            await self.was_here_before(host)

    async def was_here_before(self, person) -> None:
        async with self.db.tx() as tx:
            await tx.run(_AS_HOST, person=person, at=clock.now() - timedelta(days=40))

    async def shows(self, by, body: str = "my cat", **written) -> NoteId:
        """A note with a photo."""
        async with self.db.tx() as tx:
            photo = await media.add_photo(tx, owner=by, folder=f"f{by}", made=_PHOTO)
            return await actions.post(
                tx, by=by, written=Written(body=body, **written), media_ids=[photo], prior=("en",)
            )
