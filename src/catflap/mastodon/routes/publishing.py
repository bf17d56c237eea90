"""Writing: publishing at once or later, editing, deleting, how it read before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec

from catflap.ground import clock
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.asking import ParameterInvalid, instant_of
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, endpoint
from catflap.mastodon.entities import status as entity
from catflap.mastodon.entities.account import PRIVACY
from catflap.mastodon.entities.poll import Asked, Title
from catflap.mastodon.entities.scheduled import Scheduled
from catflap.mastodon.entities.status import Edit, Status, Withdrawn
from catflap.mastodon.entities.written import instant
from catflap.mastodon.problems import StillMade
from catflap.mastodon.rendered import Rendered
from catflap.mastodon.routes.planned import presented as planned_presented
from catflap.mastodon.routes.quoting import quotable_by
from catflap.mastodon.routes.statuses import Which, boosted_by, note_id, one, standing
from catflap.media import actions as media_actions
from catflap.media import queries as media
from catflap.media.model import Media, MediaId, State
from catflap.notes import actions, boosting, planning, polls, quoting, repeats, wording
from catflap.notes import queries as notes
from catflap.notes.model import (
    Content,
    Note,
    NoteId,
    PlannedId,
    Question,
    QuotableBy,
    Visibility,
    Written,
)
from catflap.notes.repeats import Repeat
from catflap.translation import queries as translation
from catflap.translation import spans
from catflap.translation.codes import UNKNOWN, canonical

INWARD = {
    "public": Visibility.PUBLIC, "unlisted": Visibility.UNLISTED,
    "private": Visibility.FOLLOWERS, "direct": Visibility.MENTIONED,
}
"""Mastodon's visibilities in our words."""


class MediaAttribute(msgspec.Struct, kw_only=True):
    """What an edit changes of a photo or video."""

    id: str
    description: str | None = None
    focus: str | None = None


class PollAsked(msgspec.Struct, kw_only=True):
    """A poll to be asked; ``expires_in`` in seconds."""

    options: list[str] | str
    expires_in: int
    multiple: bool = False
    hide_totals: bool = False

    def question(self) -> Question:
        """The poll in our words."""
        options = [self.options] if isinstance(self.options, str) else self.options
        return Question(
            options=tuple(options), lasts_s=self.expires_in, is_multiple=self.multiple,
            hides_totals=self.hide_totals,
        )


class NewStatus(msgspec.Struct, kw_only=True):
    """A note to be published. ``title`` and ``place`` are Catflap's own."""

    status: str | None = ""
    media_ids: list[str] | str | None = msgspec.field(default_factory=list)
    in_reply_to_id: str | None = None
    sensitive: bool | None = False
    spoiler_text: str | None = ""
    visibility: str | None = ""
    language: str | None = ""
    poll: PollAsked | None = None
    scheduled_at: str | None = None
    quoted_status_id: str | None = None
    quote_approval_policy: str | None = None
    title: str = ""
    place: str = ""

    def media(self) -> list[MediaId]:
        """The ids of its photos or video.

        Raises:
            NotFound: one of them is no id.
        """
        texts = [self.media_ids] if isinstance(self.media_ids, str) else self.media_ids or []
        ids = [from_text(text) for text in texts if text]
        if None in ids:
            raise NotFound("media")
        return [MediaId(id_) for id_ in ids if id_ is not None]

    def due_at(self) -> datetime | None:
        """When it is to be published, None for now; what is past is now, as Mastodon has it.

        Raises:
            ParameterInvalid: it is no instant.
        """
        if not self.scheduled_at:
            return None
        found = instant_of(self.scheduled_at)
        return found if found > clock.now() else None


def _visibility(asked: NewStatus) -> Visibility:
    if asked.visibility and asked.visibility not in INWARD:
        raise ParameterInvalid("Visibility is not included in the list")
    return INWARD[asked.visibility or "public"]


def _written(asked: NewStatus, visibility: Visibility) -> Written:
    claimed = canonical(asked.language) if asked.language else UNKNOWN
    warning = asked.spoiler_text or ("…" if asked.sensitive else "")
    return Written(
        title=asked.title, body=asked.status or "", place=asked.place, warning=warning,
        visibility=visibility, lang="" if claimed == UNKNOWN else claimed,
    )


async def _alts(reads: Reads, items: Sequence[Media]) -> dict[int, str]:
    """The descriptions that media have already, by id."""
    texts = await translation.kept(reads, [item.alt_key for item in items], target=UNKNOWN)
    return {
        item.id: texts[item.alt_key].text for item in items if item.alt_key in texts
    }


async def _made(reads: Reads, call: Call, ids: Sequence[MediaId]) -> list[Media]:
    """The caller's files, of which none that is new to a note is being made still.

    On the page a note may go before its video. Apps take every file of a status to have an
    address, and ask until theirs has one: Mastodon refuses it before.

    Raises:
        NotFound: one of them is none of theirs.
        StillMade: one of them has no address yet.
    """
    items = await media.mine(reads, ids, viewer=call.me)
    if any(item.state is State.WORKING and item.note_id is None for item in items):
        raise StillMade
    return items


def _content(asked: NewStatus) -> Content:
    return Content(
        written=_written(asked, _visibility(asked)),
        media=tuple(str(id_) for id_ in asked.media()),
        parent_id=note_id(asked.in_reply_to_id) if asked.in_reply_to_id else None,
        question=asked.poll.question() if asked.poll else None,
        quoted_id=note_id(asked.quoted_status_id) if asked.quoted_status_id else None,
        quotable_by=quotable_by(asked.quote_approval_policy or QuotableBy.PUBLIC),
    )


def _as_usual(call: Call, asked: NewStatus) -> NewStatus:
    """What an app left open, as its person chose it in their preferences."""
    assert call.reader is not None
    return msgspec.structs.replace(
        asked, visibility=asked.visibility or PRIVACY[call.reader.post_visibility],
        language=asked.language or call.reader.post_lang,
        sensitive=asked.sensitive if "sensitive" in call.asked else call.reader.post_sensitive,
        quote_approval_policy=asked.quote_approval_policy or call.reader.post_quotable_by,
    )


async def _meant(reads: Reads, content: Content) -> Content:
    """A note that answers or quotes a boost means what that passes on."""
    about = {"parent_id": content.parent_id, "quoted_id": content.quoted_id}
    meant = {
        name: await boosted_by(reads, NoteId(id_))
        for name, id_ in about.items() if id_ is not None
    }
    return msgspec.structs.replace(content, **meant)


@contextmanager
def _media_are_there() -> Iterator[None]:
    """Files that are none, another's, or in another note already: Mastodon calls that invalid."""
    try:
        yield
    except NotFound as error:
        if error.thing != "media":
            raise
        raise ParameterInvalid("Media not found or already attached to another post") from error


async def _taken(tx: Tx, call: Call, asked: NewStatus) -> Repeat:
    """Publish what is asked, or plan it, or find what was by the same request before."""
    assert call.reader is not None
    content, due_at = _content(asked), asked.due_at()
    content = await _meant(tx, content)
    key = call.request.headers.get("idempotency-key", "").strip()
    if key and (before := await repeats.begin(tx, key, by=call.me)) is not None:
        return before
    await _made(tx, call, asked.media())
    note: NoteId | None = None
    planned: PlannedId | None = None
    if due_at is None:
        note = await planning.publish(tx, content, by=call.me, prior=call.reader.reads)
    else:
        planned = await planning.plan(tx, content, by=call.me, due_at=due_at)
    if key:
        await repeats.done(tx, key, by=call.me, note=note, planned=planned)
    return Repeat(note_id=note, planned_id=planned)


@endpoint("POST", "/api/v1/statuses", takes=NewStatus, gives=Status,
          scopes=("write:statuses",))
async def post(door: Door, call: Call, asked: NewStatus) -> Rendered | Scheduled:
    """Publish a note now, or answer one; with a time ahead, what waits is a ScheduledStatus.

    The same ``Idempotency-Key`` within a day publishes once.
    """
    door.posts.spend(str(call.me))
    with _media_are_there():
        async with door.house.database.tx() as tx:
            made = await _taken(tx, call, _as_usual(call, asked))
            # Read where it was written: on SQLite whoever reads beside has to read all anew.
            if made.planned_id is None:
                return await one(door, tx, call, made.note_id or NoteId(0))
            found = await planning.one(tx, made.planned_id, viewer=call.me)
            return (await planned_presented(tx, call, [found]))[0]


class Edited(NewStatus, kw_only=True):
    """A note said differently; a ``poll`` that is not named goes, as Mastodon has it."""

    id: str
    media_attributes: list[MediaAttribute] = msgspec.field(default_factory=list)


@endpoint("PUT", "/api/v1/statuses/{id}", takes=Edited, gives=Status, scopes=("write:statuses",))
async def edit(door: Door, call: Call, asked: Edited) -> Rendered:
    """Edit a status; how it read before stays in its history."""
    with _media_are_there():
        id_ = await _edited(door, call, asked)
    async with door.house.database.reads() as reads:
        return await one(door, reads, call, id_)


async def _edited(door: Door, call: Call, asked: Edited) -> NoteId:
    assert call.reader is not None
    async with door.house.database.tx() as tx:
        id_ = await standing(tx, asked.id)
        before = await _mine(tx, call, id_)
        texts = await translation.kept(tx, before.keys(), target=UNKNOWN)
        told = {key: kept.text for key, kept in texts.items()}
        written = msgspec.structs.replace(
            _written(asked, before.visibility),
            # What an app does not know of stays as it is.
            title=asked.title if "title" in call.asked else told.get(before.title_key, ""),
            place=asked.place if "place" in call.asked else told.get(before.place_key, ""),
            tags=_tags_beside(before, told.get(before.body_key, "")), format=before.format,
        )
        alts = await _alts(tx, await _made(tx, call, asked.media()))
        alts |= {
            int(one.id): one.description
            for one in asked.media_attributes
            if one.description is not None and from_text(one.id)
        }
        for told_of in asked.media_attributes:
            if told_of.focus is not None and (named := from_text(told_of.id)):
                await media_actions.focus(
                    tx, MediaId(named), owner=call.me, on=media_actions.focus_of(told_of.focus)
                )
        await actions.edit(
            tx, id_, by=call.me, written=written, media_ids=asked.media(), alts=alts,
            prior=call.reader.reads,
        )
        await polls.change(
            tx, before, asked.poll.question() if asked.poll else None, by=call.me,
            public=await wording.is_for_all(tx, before), prior=call.reader.reads,
            lang=written.lang,
        )
        if asked.quote_approval_policy:
            await quoting.let(
                tx, id_, by=call.me, whom=quotable_by(asked.quote_approval_policy)
            )
    return id_


async def _mine(reads: Reads, call: Call, id_: NoteId) -> Note:
    """A note of the caller's own.

    Raises:
        NotFound: it is absent, or somebody else's: Mastodon looks among one's own.
    """
    found = await notes.note(reads, id_, viewer=call.viewer)
    if found.author_id != call.me:
        raise NotFound("note")
    return found


def _tags_beside(note: Note, body: str) -> tuple[str, ...]:
    """Tags that were given beside the text, which an edit of the text does not touch."""
    inside = {tag.casefold() for tag in spans.tagged(body)}
    return tuple(tag for tag in note.tags if tag not in inside)


class Deleted(Which, kw_only=True):
    """A status to be deleted, with its files at once or, to write it anew, without."""

    delete_media: bool = False


@endpoint("DELETE", "/api/v1/statuses/{id}", takes=Deleted, gives=Withdrawn,
          scopes=("write:statuses",))
async def withdraw(door: Door, call: Call, asked: Deleted) -> Withdrawn:
    """Delete a status for real; the answer is what it was, for writing it anew."""
    id_ = note_id(asked.id)
    async with door.house.database.tx() as tx:
        boost = (await boosting.by_ids(tx, [id_])).get(id_)
        was = (await one(door, tx, call, boost.note_id if boost else id_)).whole()
        if boost is None:
            note = await _mine(tx, call, id_)
            text = await translation.text(tx, note.body_key)
            await actions.withdraw(
                tx, id_, by=call.me, keeps_media=not asked.delete_media
            )
        elif boost.person_id == call.me:
            text = ""
            await boosting.unboost(tx, boost.note_id, by=call.me)
        else:
            raise NotFound("note")
    return Withdrawn(text=text, **{name: getattr(was, name) for name in was.__struct_fields__})


@endpoint("GET", "/api/v1/statuses/{id}/history", takes=Which, gives=list[Edit],
          needs=Needs.NOBODY, scopes=("read:statuses",))
async def history(door: Door, call: Call, asked: Which) -> list[Edit]:
    """How a status read, first form first, the present one last."""
    async with door.house.database.reads() as reads:
        note = await notes.note(reads, await standing(reads, asked.id), viewer=call.viewer)
        now = (await one(door, reads, call, note.id)).whole()
        past = (await notes.history(reads, note.id))[::-1]
        keys = [key for form in past for key in (form.title_key, form.body_key, form.warning_key)]
        texts = await translation.kept(reads, [*keys, *note.keys()], target=UNKNOWN)
    told = {str(key): kept.text for key, kept in texts.items()}
    forms = [(form.at, form.title_key, form.body_key, form.warning_key) for form in past]
    forms.append(
        (note.edited_at or note.made_at, note.title_key, note.body_key, note.warning_key)
    )
    place = told.get(note.place_key, "")
    asks = None
    if now.poll is not None:
        asks = Asked(options=tuple(Title(title=option.title) for option in now.poll.options))
    return [
        Edit(
            content=entity.content(
                entity.Texts(
                    title=told.get(title, ""), body=told.get(body, ""),
                    warning=told.get(warning, ""), place=place,
                ),
                note.tags, base=call.base,
            ),
            spoiler_text=told.get(warning, ""), sensitive=bool(warning), created_at=instant(at),
            account=now.account, poll=asks, media_attachments=now.media_attachments, emojis=(),
        )
        for at, title, body, warning in forms
    ]
