"""How far one has read: home and notifications."""

from __future__ import annotations

import msgspec

from catflap.ground.ids import from_text
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import endpoint
from catflap.mastodon.entities.written import instant
from catflap.notices import actions as notices
from catflap.people import markers

TIMELINES = ("home", "notifications")


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """How far one has read a timeline."""

    last_read_id: str
    version: int
    updated_at: str


class Wanted(msgspec.Struct, kw_only=True):
    """Which markers are asked for."""

    timeline: list[str] | str = msgspec.field(default_factory=list)

    def names(self) -> list[str]:
        """Those of them that there are."""
        texts = [self.timeline] if isinstance(self.timeline, str) else self.timeline
        return [name for name in TIMELINES if name in texts]


class Read(msgspec.Struct, kw_only=True):
    """The last that was read of a timeline. ``version`` may say which marker the app knows."""

    last_read_id: str
    version: int | None = None


class Moved(msgspec.Struct, kw_only=True):
    """Markers to be moved."""

    home: Read | None = None
    notifications: Read | None = None


async def _told(door: Door, call: Call, names: list[str]) -> dict[str, Marker]:
    async with door.house.database.reads() as reads:
        found = await markers.mine(reads, call.me, names)
    return {
        name: Marker(
            last_read_id=str(found[name].last_id), version=found[name].version,
            updated_at=instant(found[name].at),
        )
        for name in names
        if name in found
    }


@endpoint("GET", "/api/v1/markers", takes=Wanted, gives=dict[str, Marker],
          scopes=("read:statuses",))
async def show(door: Door, call: Call, asked: Wanted) -> dict[str, Marker]:
    """How far one has read."""
    return await _told(door, call, asked.names())


@endpoint("POST", "/api/v1/markers", takes=Moved, gives=dict[str, Marker],
          scopes=("write:statuses",))
async def move(door: Door, call: Call, asked: Moved) -> dict[str, Marker]:
    """Tell how far one has read."""
    moved = {name: read for name in TIMELINES if (read := getattr(asked, name)) is not None}
    async with door.house.database.tx() as tx:
        for name, read in moved.items():
            last = from_text(read.last_read_id)
            if last is None:
                raise ParameterInvalid("Last read is not a number")
            await markers.move(tx, by=call.me, of=name, to=last, known=read.version)
            if name == "notifications":
                await notices.read_through(tx, call.me, newest=last)
    return await _told(door, call, list(moved))
