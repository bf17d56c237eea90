"""From a fact to what apps are told of it: on which streams, to whom, in which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request

from catflap.access import scopes
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.events import Happened
from catflap.house import House
from catflap.mastodon import conversing, filtering, listing, notifying, own_words, streams
from catflap.mastodon.call import Call
from catflap.mastodon.entities.community import ReactionTold
from catflap.mastodon.entities.status import Marks
from catflap.mastodon.presenting import Presenting
from catflap.mastodon.rendered import Rendered, encoded
from catflap.mastodon.streams import Channel, Told
from catflap.media import queries as media
from catflap.moderation import announcements
from catflap.notes import audience, boosting, filters, quoting, talking
from catflap.notes import queries as notes
from catflap.notes.filters import Filter, Place
from catflap.notes.model import Note, NoteId, QuotableBy, QuoteState, Visibility
from catflap.notes.timelines import Entry
from catflap.people import standing
from catflap.people.model import PersonId
from catflap.translation.model import Reading

if TYPE_CHECKING:
    from catflap.mastodon.hub import Listener

KINDS = frozenset(
    {
        "NotePosted", "CommentPosted", "NoteEdited", "NoteWithdrawn", "NoticeGiven",
        "NoteBoosted", "NoticesMerged", "FiltersChanged", "AppsChanged", "AnnouncementMade",
        "AnnouncementDropped", "AnnouncementReacted", "NoteCarded",
    }
)
"""The facts that streams tell of; those of features that come later are told once they come."""

Channels = Mapping[Channel, set["Listener"]]
Pairs = list[tuple["Listener", Channel]]


class _Anybody(Call):
    """Somebody who reads so, whoever it is: what is presented for them is for all of them."""

    def __init__(self, house: House, *, reading: Reading, translates: bool) -> None:
        super().__init__(Request({"type": "http", "headers": []}), house, token=None, reader=None)
        self._reading = reading
        self._translates = translates

    @property
    def reading(self) -> Reading:
        """How they read."""
        return self._reading

    @property
    def translates(self) -> bool:
        """Whether they are given translations."""
        return self._translates


class Telling:
    """What is told, made once for each way of reading."""

    def __init__(self, house: House, presenting: Presenting) -> None:
        self._house = house
        self._presenting = presenting

    async def tell(self, reads: Reads, event: Happened, channels: Channels) -> None:
        """Offer a fact to every listener whom it concerns."""
        data = msgspec.json.decode(event.payload)
        if event.kind in ("NotePosted", "CommentPosted"):
            await self._note(reads, data["note"], channels, name="update")
        elif event.kind in ("NoteEdited", "NoteCarded"):
            await self._note(reads, data["note"], channels, name="status.update")
        elif event.kind == "NoteBoosted":
            await self._boosted(reads, data, channels)
        elif event.kind == "NoteWithdrawn":
            await self._withdrawn(reads, data, channels)
        elif event.kind == "NoticeGiven":
            await self._notice(reads, data, channels)
        elif event.kind == "NoticesMerged":
            for listener, channel in _of(channels, streams.USER, {data["person"]}):
                listener.offer(Told(channel=channel, event="notifications_merged", payload="1"))
        elif event.kind == "FiltersChanged":
            for listener, channel in _of(channels, streams.USER, {data["person"]}):
                listener.offer(Told(channel=channel, event="filters_changed", payload=None))

        elif event.kind.startswith("Announcement"):
            await self._announcement(reads, event.kind, data, channels)

    async def _announcement(
        self, reads: Reads, kind: str, data: Any, channels: Channels
    ) -> None:
        """Tell everybody who listens to a stream of their own what operators say to all."""
        id_ = data["announcement"]
        pairs = _on(channels, [Channel(name=streams.USER)])
        found = [one for one in await announcements.every(reads) if one.id == id_]
        made: dict[Reading, str] = {}
        for one, channel in pairs if found or kind == "AnnouncementDropped" else ():
            if kind == "AnnouncementDropped":
                told = Told(channel=channel, event="announcement.delete", payload=str(id_))
            elif kind == "AnnouncementReacted":
                told = Told(channel=channel, event="announcement.reaction", payload=_json(
                    ReactionTold(name=data["name"], count=data["count"], announcement_id=str(id_))
                ))
            else:
                way = one.call.reading
                if way not in made:
                    call = _Anybody(self._house, reading=way, translates=True)
                    made[way] = _json((await own_words.announced(
                        self._presenting, reads, call, found, viewer=None
                    ))[0])
                told = Told(channel=channel, event="announcement", payload=made[way])
            one.offer(told)

    async def _note(self, reads: Reads, id_: int, channels: Channels, *, name: str) -> None:
        note = (await notes.by_ids(reads, [id_])).get(id_)
        if note is None or note.withdrawn:
            return
        pairs = await _concerned(reads, note, channels)
        if not pairs:
            return
        people = {one.call.viewer for one, _ in pairs if one.call.viewer is not None}
        seen = await audience.seen_by(reads, note, people)
        pairs = [
            (one, channel) for one, channel in pairs
            if (note.visibility == Visibility.PUBLIC if one.call.viewer is None
                else one.call.viewer in seen)
        ]
        is_new = name == "update"
        marked = audience.NOTHING_MARKED
        if not is_new:
            marked = await audience.marked(reads, note, seen)
        followers: set[int] = set()
        if note.quotable_by is QuotableBy.FOLLOWERS:
            followers = await standing.followers_among(reads, note.author_id, seen)
        if is_new and note.visibility == Visibility.MENTIONED:
            pairs = await self._talked(reads, note, pairs)
        told_of = await filters.of_each(reads, seen)
        made: dict[Any, str] = {}
        presented: dict[Any, Rendered | None] = {}
        for one, channel in pairs:
            call = one.call
            way: tuple[Any, ...] = (
                call.reading, call.translates and call.viewer != note.author_id
            )
            did = Marks(
                liked=call.viewer in marked.like, collected=call.viewer in marked.collected,
                boosted=call.viewer in marked.boosted, pinned=call.viewer in marked.pinned,
                hushed=call.viewer in marked.hushed,
                quotable=quoting.may_quote(
                    note, call.viewer, follows=call.viewer in followers
                ),
            )
            if note.quote_state is not QuoteState.NONE:
                # Whether they see what it quotes, and what their filters find there, is their own.
                way = (*way, call.viewer, _place(channel))
            if way not in presented:
                presented[way] = await self._status(reads, note, one, channel)
            status = presented[way]
            if status is None:
                continue
            status = _filtered(status, told_of, one, channel)
            key = (way, did, status.filtered)
            if key not in made:
                made[key] = _json(status.marked(did))
            one.offer(Told(channel=channel, event=name, payload=made[key]))

    async def _talked(self, reads: Reads, note: Note, pairs: Pairs) -> Pairs:
        """Tell the direct streams among these of the talk that moved on; the others are left."""
        root, left = NoteId(note.root_id or note.id), []
        for one, channel in pairs:
            if channel.name != streams.DIRECT:
                left.append((one, channel))
                continue
            try:
                talk = await talking.one(reads, root, viewer=one.call.me)
            except NotFound:
                continue  # who writes to nobody but themselves has no talk
            for told in await conversing.presented(self._presenting, reads, one.call, [talk]):
                one.offer(Told(channel=channel, event="conversation", payload=_json(told)))
        return left

    async def _boosted(self, reads: Reads, data: Any, channels: Channels) -> None:
        """Tell those who follow somebody what they passed on, as their home has it."""
        note = (await notes.by_ids(reads, [data["note"]])).get(data["note"])
        boost = (await boosting.by_ids(reads, [data["boost"]])).get(data["boost"])
        person = data["person"]
        if note is None or note.withdrawn or boost is None:
            return
        people = _people(channels, streams.USER)
        told = await standing.boosted_to_among(reads, person, people)
        told |= people & {person}
        hidden = await standing.hidden_from_each(reads, PersonId(person), told)
        told = {
            viewer for viewer in await audience.seen_by(reads, note, told)
            if not hidden[viewer].blocked and not hidden[viewer].muted
        }
        told_of = await filters.of_each(reads, told)
        presented: dict[Any, Rendered | None] = {}
        made: dict[Any, str] = {}
        for one, channel in _of(channels, streams.USER, told):
            way: tuple[Any, ...] = (
                one.call.reading, one.call.translates and one.call.viewer != note.author_id
            )
            call: Call = _Anybody(self._house, reading=way[0], translates=way[1])
            if note.quote_state is not QuoteState.NONE:
                way, call = (*way, one.call.viewer), one.call
            if way not in presented:
                entry = Entry(id=boost.id, note=note, boost=boost)
                found = await self._presenting.entries(reads, call, [entry], where=Place.HOME)
                presented[way] = found[0] if found else None
            status = presented[way]
            if status is None:
                continue
            status = _filtered(status, told_of, one, channel)
            key = (way, status.filtered)
            if key not in made:
                made[key] = _json(status)
            one.offer(Told(channel=channel, event="update", payload=made[key]))

    async def _status(
        self, reads: Reads, note: Note, listener: Listener, channel: Channel
    ) -> Rendered | None:
        """A note for all who read as a listener does; one that quotes another for them alone."""
        call, own = listener.call, listener.call.viewer == note.author_id
        if note.quote_state is QuoteState.NONE:
            call = _Anybody(
                self._house, reading=call.reading, translates=call.translates and not own
            )
        found = await self._presenting.statuses(reads, call, [note], where=_place(channel))
        return found[0] if found else None

    async def _withdrawn(self, reads: Reads, data: Any, channels: Channels) -> None:
        is_public = data["visibility"] == Visibility.PUBLIC
        every = _people(channels, streams.USER) | _people(channels, streams.DIRECT)
        if is_public:
            # Its number is no secret, and who followed a person who left is not known any more.
            told = every
        else:
            told = await standing.followers_among(reads, data["author"], every)
            told |= {data["author"], *data["mentioned"]}
        pairs = [*_of(channels, streams.USER, told), *_of(channels, streams.DIRECT, told)]
        if is_public:
            names = [Channel(name=name) for name in streams.PUBLIC_ONES]
            names += [
                Channel(name=name, about=tag) for name in streams.TAGGED for tag in data["tags"]
            ]
            pairs += _on(channels, names)
            pairs += _on(channels, [one for one in channels if one.name == streams.LIST])
        for one, channel in pairs:
            one.offer(Told(channel=channel, event="delete", payload=str(data["note"])))

    async def _notice(self, reads: Reads, data: Any, channels: Channels) -> None:
        person = {data["person"]}
        pairs = [
            (one, channel)
            for one, channel in (
                *_of(channels, streams.USER, person), *_of(channels, streams.NOTIFICATION, person)
            )
            if one.call.token and scopes.allows(one.call.token.scopes, "read:notifications")
        ]
        made: dict[bool, str | None] = {}
        for one, channel in pairs:
            way = one.call.translates
            if way not in made:
                found = await notifying.told(
                    self._presenting, reads, one.call, data["notice"]
                )
                made[way] = _json(found) if found is not None else None
            payload = made[way]
            if payload is not None:
                one.offer(Told(channel=channel, event="notification", payload=payload))


def _filtered(
    status: Rendered, told_of: Mapping[int, Sequence[Filter]], one: Listener, channel: Channel
) -> Rendered:
    """A status with what the listener's filters for such a stream found in it."""
    active = filters.holding(told_of.get(one.call.viewer or 0, ()), place=_place(channel))
    if not active:
        return status
    return filtering.told(status, active, viewer=str(one.call.viewer))


def _place(channel: Channel) -> Place:
    return Place.PUBLIC if channel.name in streams.PUBLIC_ONES | streams.TAGGED else Place.HOME


def _json(made: Any) -> str:
    return encoded(made).decode()


def _on(channels: Channels, names: Iterable[Channel]) -> Pairs:
    return [(one, name) for name in names for one in channels.get(name, ())]


async def _near(reads: Reads, note: Note, people: set[int]) -> set[int]:
    """To which of an author's followers an answer comes home, by the rule of `timelines.home`."""
    parent = (await notes.by_ids(reads, [note.parent_id or 0])).get(note.parent_id or 0)
    if parent is None:
        return set()
    if parent.author_id == note.author_id:
        return people
    return await standing.followers_among(reads, parent.author_id, people) | {parent.author_id}


def _people(channels: Channels, name: str) -> set[int]:
    """Who listens to a stream of their own."""
    found = channels.get(Channel(name=name), ())
    return {one.call.viewer for one in found if one.call.viewer is not None}


def _of(channels: Channels, name: str, people: Iterable[int]) -> Pairs:
    """Those of these people who listen to a stream of their own."""
    wanted = set(people)
    channel = Channel(name=name)
    return [(one, channel) for one in channels.get(channel, ()) if one.call.viewer in wanted]


async def _concerned(reads: Reads, note: Note, channels: Channels) -> Pairs:
    """Who listens to a stream that a note stands on; whether they see it is asked afterwards.

    Streams hold what their lists hold: the public ones no comments, home the answers to whoever is
    near its person.
    """
    pairs: Pairs = []
    tags = [Channel(name=name, about=tag) for name in streams.TAGGED for tag in note.tags]
    if note.visibility == Visibility.PUBLIC:
        pairs += _on(channels, tags)
    if note.visibility == Visibility.MENTIONED:
        told = {note.author_id, *await notes.mentioned_in(reads, note.id)}
        pairs += _of(channels, streams.DIRECT, told)
    people = _people(channels, streams.USER)
    home = await standing.followers_among(reads, note.author_id, people)
    if home and note.parent_id is not None:
        home &= await _near(reads, note, home)
    pairs += _of(channels, streams.USER, home | {note.author_id})
    if note.root_id is not None:
        return pairs
    lists = [one for one in channels if one.name == streams.LIST]
    if lists:
        by_id = {streams.list_id(one): one for one in lists}
        held = await listing.holding(reads, PersonId(note.author_id), list(by_id))
        pairs += _on(channels, [by_id[id_] for id_ in held])
    if note.visibility == Visibility.PUBLIC:
        names = [streams.PUBLIC, streams.LOCAL]
        ends = ("", streams.MEDIA) if await media.of_notes(reads, [note.id]) else ("",)
        pairs += _on(channels, [Channel(name=name + end) for name in names for end in ends])
    return pairs
