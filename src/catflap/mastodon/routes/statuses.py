"""Notes: reading, liking, collecting."""

from __future__ import annotations

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, endpoint
from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.entities.context import Context
from catflap.mastodon.entities.status import Source, Status
from catflap.mastodon.paging import Paged, link, span
from catflap.mastodon.rendered import Rendered
from catflap.notes import boards, boosting, deeds, threads
from catflap.notes import queries as notes
from catflap.notes.filters import Place
from catflap.notes.model import NoteId
from catflap.notes.threads import Depth
from catflap.notes.timelines import Entry
from catflap.people import queries as people
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN

SEVERAL_MAX = 40
DEPTH = Depth(above=4096, below=4096, levels=4096)
DEPTH_FOR_NOBODY = Depth(above=40, below=60, levels=20)
"""How much of a thread is shown, as Mastodon limits it; the second without a person."""
BOOKMARKS = {False: "Bookmarks", True: "书签"}
"""The board that bookmarks go on, by whether its owner reads Chinese first."""


class Which(msgspec.Struct, kw_only=True):
    """A note, by id."""

    id: str


def note_id(text: str) -> NoteId:
    """A status's id.

    Raises:
        NotFound: it is none.
    """
    found = from_text(text)
    if found is None:
        raise NotFound("note")
    return NoteId(found)


async def one(door: Door, reads: Reads, call: Call, id_: NoteId) -> Rendered:
    """A note that the caller may see, as a status.

    Raises:
        NotFound: it is absent, or not for the caller.
    """
    found = await notes.note(reads, id_, viewer=call.viewer)
    shown = await door.presenting.statuses(reads, call, [found])
    if not shown:
        raise NotFound("note")
    return shown[0]


@endpoint("GET", "/api/v1/statuses/{id}", takes=Which, gives=Status, needs=Needs.NOBODY,
          scopes=("read:statuses",), is_kept=True)
async def show(door: Door, call: Call, asked: Which) -> Rendered:
    """A status, or a boost."""
    async with door.house.database.reads() as reads:
        id_ = note_id(asked.id)
        boost = (await boosting.by_ids(reads, [id_])).get(id_)
        if boost is None:
            return await one(door, reads, call, id_)
        hidden = await people.hidden_from(reads, call.viewer)
        if boost.person_id in hidden.blocked:
            raise NotFound("note")
        found = await notes.note(reads, boost.note_id, viewer=call.viewer)
        shown = await door.presenting.entries(
            reads, call, [Entry(id=boost.id, note=found, boost=boost)]
        )
        if not shown:
            raise NotFound("note")
        return shown[0]


async def standing(reads: Reads, text: str) -> NoteId:
    """The note that a status's id leads to: itself, or what a boost passes on.

    Raises:
        NotFound: it is no id.
    """
    return await boosted_by(reads, note_id(text))


async def boosted_by(reads: Reads, id_: NoteId) -> NoteId:
    """What a boost passes on; a note's id is its own. One query."""
    boost = (await boosting.by_ids(reads, [id_])).get(id_)
    return boost.note_id if boost else id_


class Several(msgspec.Struct, kw_only=True):
    """Several statuses, by id."""

    id: list[str] | str = msgspec.field(default_factory=list)


@endpoint("GET", "/api/v1/statuses", takes=Several, gives=list[Status], needs=Needs.NOBODY,
          scopes=("read:statuses",))
async def several(door: Door, call: Call, asked: Several) -> list[Rendered]:
    """Several statuses and boosts at once; those that cannot be seen are left out."""
    texts = [asked.id] if isinstance(asked.id, str) else asked.id
    ids = [found for text in texts[:SEVERAL_MAX] if (found := from_text(text)) is not None]
    async with door.house.database.reads() as reads:
        boosts = await boosting.by_ids(reads, ids)
        wanted = {id_: boosts[id_].note_id if id_ in boosts else NoteId(id_) for id_ in ids}
        shown = await notes.shown(reads, list(dict.fromkeys(wanted.values())), viewer=call.viewer)
        seen = {note.id: note for note in shown}
        hidden = await people.hidden_from(reads, call.viewer)
        listed = [
            Entry(id=id_, note=seen[note], boost=boosts.get(id_))
            for id_, note in wanted.items()
            if note in seen
            and (id_ not in boosts or boosts[id_].person_id not in hidden.blocked)
        ]
        return await door.presenting.entries(reads, call, listed)


@endpoint("GET", "/api/v1/statuses/{id}/context", takes=Which, gives=Context,
          needs=Needs.NOBODY, scopes=("read:statuses",), is_kept=True)
async def context(door: Door, call: Call, asked: Which) -> Context:
    """What stands above a status, from the top, and below it, each answer behind its question."""
    async with door.house.database.reads() as reads:
        id_ = await standing(reads, asked.id)
        found = await notes.note(reads, id_, viewer=call.viewer)
        depth = DEPTH if call.viewer is not None else DEPTH_FOR_NOBODY
        over = await threads.above(reads, found, most=depth.above)
        up = await notes.shown(reads, over, viewer=call.viewer)
        under = await threads.below(reads, found, most=depth.below, levels=depth.levels)
        down = await notes.shown(reads, under, viewer=call.viewer)
        return Context(
            ancestors=await door.presenting.statuses(reads, call, up, where=Place.THREAD),
            descendants=await door.presenting.statuses(reads, call, down, where=Place.THREAD),
        )


@endpoint("GET", "/api/v1/statuses/{id}/source", takes=Which, gives=Source,
          scopes=("read:statuses",))
async def source(door: Door, call: Call, asked: Which) -> Source:
    """A status as its author wrote it."""
    async with door.house.database.reads() as reads:
        found = await notes.note(reads, await standing(reads, asked.id), viewer=call.viewer)
        texts = await translation.kept(reads, found.keys(), target=UNKNOWN)
    told = {key: kept.text for key, kept in texts.items()}
    return Source(
        id=str(found.id), text=told.get(found.body_key, ""),
        spoiler_text=told.get(found.warning_key, ""),
    )


@endpoint("POST", "/api/v1/statuses/{id}/bookmark", takes=Which, gives=Status,
          scopes=("write:bookmarks",))
async def bookmark(door: Door, call: Call, asked: Which) -> Rendered:
    """Collect a status on a private board of one's own."""
    async with door.house.database.tx() as tx:
        id_ = await standing(tx, asked.id)
        await boards.bookmark(
            tx, id_, by=call.me, title=BOOKMARKS[call.is_chinese], prior=call.reads
        )
    async with door.house.database.reads() as reads:
        return await one(door, reads, call, id_)


class Likers(Paged, kw_only=True):
    """A page of those who like a status."""

    id: str


@endpoint("GET", "/api/v1/statuses/{id}/favourited_by", takes=Likers, gives=list[Account],
          needs=Needs.NOBODY, scopes=("read:accounts",))
async def favourited_by(door: Door, call: Call, asked: Likers) -> list[Account]:
    """Who likes a status, latest first."""
    place = span(asked, usual=40, most=80, last=deeds.LAST)
    async with door.house.database.reads() as reads:
        found = await notes.note(reads, await standing(reads, asked.id), viewer=call.viewer)
        likes = await deeds.likers(reads, found.id, place)
        known = await people.by_ids(reads, [like.id for like in likes])
        hidden = await people.hidden_from(reads, call.viewer)
    link(call, [like.place for like in likes], count=place.count)
    return [
        account(known[like.id], base=call.base)
        for like in likes
        if like.id in known and like.id not in hidden.blocked
    ]
