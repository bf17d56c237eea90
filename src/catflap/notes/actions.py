"""Publishing, commenting, editing, withdrawing, liking."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from catflap.ground import clock, events, ids
from catflap.ground.database import Tx
from catflap.ground.errors import NotAllowed, NotFound, TextMissing, TooMany
from catflap.ground.statements import Instant, Json, Statement, insert_unless_there
from catflap.media import actions as media_actions
from catflap.media import limits as media_limits
from catflap.media import queries as media
from catflap.media.model import Kind, Media, MediaId, State
from catflap.notes import boosting, holding, linking, polls, queries, quoting, talking, wording
from catflap.notes.errors import MediaNotReady, NoteEmpty, TagInvalid, VideoAlone
from catflap.notes.events import (
    CommentPosted,
    NoteEdited,
    NoteLiked,
    NotePosted,
    NoteUnliked,
    NoteWithdrawn,
)
from catflap.notes.model import (
    BODY_MAX_CHARS,
    COMMENT_MAX_CHARS,
    MENTIONS_MAX,
    PLACE_MAX_CHARS,
    TAG_ASKED_MAX_CHARS,
    TAG_MAX_CHARS,
    TAGS_MAX,
    TITLE_MAX_CHARS,
    WARNING_MAX_CHARS,
    Format,
    Note,
    NoteId,
    QuotableBy,
    Visibility,
    Written,
)
from catflap.notes.tables import (
    boards,
    collected,
    likes,
    mentions,
    note_tags,
    notes,
    revisions,
)
from catflap.people import actions as people
from catflap.people import queries as people_queries
from catflap.people import waiting
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation import queries as translation_queries
from catflap.translation import spans
from catflap.translation.model import TextKey

_i64 = sa.BigInteger
_KEYS = ("title_key", "body_key", "warning_key", "place_key")

_ADD = Statement(notes.insert().values({name: sa.bindparam(name) for name in notes.c.keys()}))
_EDIT = Statement(
    notes.update()
    .where(notes.c.id == sa.bindparam("note", type_=_i64))
    .values(
        {
            **{key: sa.bindparam(f"new_{key}") for key in _KEYS},
            "tags": sa.bindparam("new_tags", type_=Json(tuple[str, ...])),
            "visibility": sa.bindparam("new_visibility"),
            "format": sa.bindparam("new_format"),
            "edited_at": sa.bindparam("at", type_=Instant),
            "revision": notes.c.revision + 1,
        }
    )
)
_BLANK = Statement(
    notes.update()
    .where(notes.c.id == sa.bindparam("note", type_=_i64))
    .values(
        title_key="", body_key="", warning_key="", place_key="", withdrawn=True, likes_count=0,
        boosts_count=0,
        revision=notes.c.revision + 1,
    )
)
_DELETE = Statement(notes.delete().where(notes.c.id == sa.bindparam("note", type_=_i64)))
_ADD_REVISION = Statement(
    revisions.insert().values({name: sa.bindparam(name) for name in revisions.c.keys()})
)
_NO_REVISIONS = Statement(
    revisions.delete().where(revisions.c.note_id == sa.bindparam("note", type_=_i64))
)
_ADD_TAG = Statement(
    insert_unless_there(note_tags).values(tag=sa.bindparam("tag"), note_id=sa.bindparam("note"))
)
_NO_TAGS = Statement(
    note_tags.delete().where(note_tags.c.note_id == sa.bindparam("note", type_=_i64))
)
_ADD_MENTION = Statement(
    insert_unless_there(mentions).values(
        note_id=sa.bindparam("note"), person_id=sa.bindparam("person")
    )
)
_NO_MENTIONS = Statement(
    mentions.delete().where(mentions.c.note_id == sa.bindparam("note", type_=_i64))
)
_LIKE = Statement(
    insert_unless_there(likes).values(
        person_id=sa.bindparam("person"), note_id=sa.bindparam("note"),
        at=sa.bindparam("at", type_=Instant),
    )
)
_NO_LIKES = Statement(likes.delete().where(likes.c.note_id == sa.bindparam("note", type_=_i64)))
_OFF_BOARDS = Statement(
    collected.delete().where(collected.c.note_id == sa.bindparam("note", type_=_i64))
)
_COUNT_OFF_BOARDS = Statement(
    boards.update()
    .where(
        boards.c.id.in_(
            sa.select(collected.c.board_id).where(
                collected.c.note_id == sa.bindparam("note", type_=_i64)
            )
        )
    )
    .values(notes_count=boards.c.notes_count - 1)
)
_UNLIKE = Statement(
    likes.delete().where(
        likes.c.person_id == sa.bindparam("person", type_=_i64),
        likes.c.note_id == sa.bindparam("note", type_=_i64),
    )
)


def _counter(column: str) -> Statement[None]:
    return Statement(
        notes.update()
        .where(notes.c.id == sa.bindparam("note", type_=_i64))
        .values({column: notes.c[column] + sa.bindparam("by", type_=sa.Integer)})
    )


_COUNT_LIKE = _counter("likes_count")
COUNT_COLLECT = _counter("collects_count")
_COUNT_COMMENT = _counter("comments_count")


def checked_tag(tag: str) -> str:
    """A tag in the form it is kept in: NFKC, lower case, without ``#``.

    Raises:
        TagInvalid: characters other than letters, digits, marks and ``_``, only digits, or long.
    """
    if len(tag) > TAG_ASKED_MAX_CHARS:
        raise TagInvalid(tag)
    text = unicodedata.normalize("NFKC", tag.strip().lstrip("#＃")).casefold()
    is_word = all(c == "_" or unicodedata.category(c)[0] in "LMN" for c in text)
    if not text or not is_word or text.isdigit() or len(text) > TAG_MAX_CHARS:
        raise TagInvalid(tag)
    return text


def _tags(written: Written) -> tuple[str, ...]:
    asked = dict.fromkeys(tag for tag in written.tags if tag.strip())
    if len(asked) > TAGS_MAX:
        raise TooMany("tags", count=len(asked), limit=TAGS_MAX)
    named = [checked_tag(tag) for tag in asked]
    inside = []
    for tag in spans.tagged(written.body):
        # What stands in the text but cannot be a tag is just words.
        with contextlib.suppress(TagInvalid):
            inside.append(checked_tag(tag))
    tags = tuple(dict.fromkeys([*named, *inside]))
    if len(tags) > TAGS_MAX:
        raise TooMany("tags", count=len(tags), limit=TAGS_MAX)
    return tags


def _checked_media(items: Sequence[Media]) -> None:
    if len(items) > media_limits.PHOTOS_PER_NOTE:
        raise TooMany("photos", count=len(items), limit=media_limits.PHOTOS_PER_NOTE)
    if any(item.kind == Kind.VIDEO for item in items) and len(items) > 1:
        raise VideoAlone
    if any(item.state == State.FAILED for item in items):
        raise MediaNotReady


def _format(written: Written, items: Sequence[Media]) -> Format:
    if written.format is not None:
        return written.format
    if not items:
        return Format.TEXT
    return Format.VIDEO if items[0].kind == Kind.VIDEO else Format.PHOTO


async def _texts(
    tx: Tx, written: Written, *, prior: Sequence[str], body_limit_chars: int, public: bool,
    context: str,
) -> dict[str, TextKey]:
    """Keep a note's texts; a body is read under its title, and all of them in their context."""
    texts = {
        "title_key": people.text_within("title", written.title, TITLE_MAX_CHARS),
        "body_key": people.text_within("body", written.body, body_limit_chars),
        "warning_key": people.text_within("warning", written.warning, WARNING_MAX_CHARS),
        "place_key": people.text_within("place", written.place, PLACE_MAX_CHARS),
    }
    told = f"{texts['title_key']} {context}".strip()
    return {
        name: await translation.keep(
            tx, text, prior=prior, claimed=written.lang, public=public,
            context=told if name == "body_key" else context,
        )
        for name, text in texts.items()
    }


async def _mention(tx: Tx, note: NoteId, body: str, *, by: PersonId) -> None:
    """Note whom a text mentions; handles that nobody has, or who blocked the author, are words."""
    for handle in spans.mentioned(body)[:MENTIONS_MAX]:
        if "@" in handle:
            continue
        try:
            person = await people_queries.by_handle(tx, handle, viewer=by)
        except NotFound:
            continue
        if person.id != by:
            await tx.run(_ADD_MENTION, note=note, person=person.id)


async def _add(
    tx: Tx,
    *,
    by: PersonId,
    keys: Mapping[str, TextKey],
    visibility: Visibility,
    format: Format,
    tags: tuple[str, ...] = (),
    parent: Note | None = None,
    at: datetime | None,
) -> NoteId:
    await waiting.must_be_in(tx, by)
    id_ = NoteId(ids.new(shard=ids.shard_of(by), at=at))
    row: dict[str, Any] = {
        "id": id_, "author_id": by, **keys, "visibility": visibility, "format": format,
        "tags": tags, "likes_count": 0, "collects_count": 0, "comments_count": 0,
        "boosts_count": 0, "made_at": at or clock.now(), "edited_at": None, "withdrawn": False,
        "revision": 0, "parent_id": None, "root_id": None, "branch_id": None,
        "quoted_id": None, "quote_state": "", "quotable_by": QuotableBy.PUBLIC,
        "quotes_count": 0,
    }
    if parent is not None:
        row["parent_id"] = parent.id
        row["root_id"] = parent.root_id or parent.id
        row["branch_id"] = (parent.branch_id or parent.id) if parent.root_id else None
    await tx.run(_ADD, **row)
    return id_


async def _loose(tx: Tx, ids: Sequence[MediaId], *, by: PersonId) -> list[Media]:
    """Files that may come into a new note together: no other note has them."""
    items = await media.mine(tx, ids, viewer=by)
    _checked_media(items)
    if any(item.note_id is not None for item in items):
        raise NotFound("media")
    return items


async def post(
    tx: Tx,
    *,
    by: PersonId,
    written: Written,
    media_ids: Sequence[MediaId] = (),
    alts: Mapping[int, str] | None = None,
    prior: Sequence[str] = (),
    at: datetime | None = None,
) -> NoteId:
    """Publish a note and tell the house.

    Translating is only queued. Lengths count Unicode code points after NFC. ``prior`` are the
    languages the author reads.

    Raises:
        NoteEmpty, TextTooLong, TooMany, TagInvalid, VideoAlone, MediaNotReady
        NotFound: a file is nobody's, or somebody else's.
    """
    items = await _loose(tx, media_ids, by=by)
    tags = _tags(written)
    keys = await _texts(
        tx, written, prior=prior, body_limit_chars=BODY_MAX_CHARS,
        public=written.visibility.is_open, context=_hashed(tags),
    )
    if not (keys["title_key"] or keys["body_key"] or items):
        raise NoteEmpty
    id_ = await _add(
        tx, by=by, keys=keys, visibility=written.visibility,
        format=_format(written, items), tags=tags, at=at,
    )
    if items:
        await media_actions.place(
            tx, items, note=id_, alts=alts or {}, prior=prior,
            public=written.visibility.is_open,
        )
    if written.visibility == Visibility.PUBLIC:
        await tx.run_many(_ADD_TAG, [{"tag": tag, "note": id_} for tag in tags])
    await _mention(tx, id_, written.body, by=by)
    await linking.notice(tx, id_, written.body)
    await _tell_few(tx, id_, written.visibility)
    await people.wrote(tx, by, "notes_count", at=at or clock.now())
    await events.emit(tx, NotePosted(note=id_, author=by))
    return id_


async def comment(
    tx: Tx,
    *,
    by: PersonId,
    to: NoteId,
    text: str,
    warning: str = "",
    media_ids: Sequence[MediaId] = (),
    alts: Mapping[int, str] | None = None,
    prior: Sequence[str] = (),
    lang: str = "",
    at: datetime | None = None,
) -> NoteId:
    """Answer a note or a comment, with the visibility of what is answered.

    What is for those mentioned is also for whom it answers.

    Raises:
        NotFound: there is nothing to answer, or not for this person; or a file is nobody's,
            somebody else's, or in another note.
        TextMissing, TextTooLong
    """
    parent = await holding.note(tx, to, viewer=by)
    if parent.withdrawn:
        raise NotFound("note")
    items = await _loose(tx, media_ids, by=by)
    public = await wording.is_for_all(tx, parent)
    keys = await _texts(
        tx, Written(body=text, warning=warning, visibility=parent.visibility, lang=lang),
        prior=prior, body_limit_chars=COMMENT_MAX_CHARS, context=await _told_above(tx, parent),
        public=public,
    )
    if not keys["body_key"] and not items:
        raise TextMissing("comment")
    id_ = await _add(
        tx, by=by, keys=keys, visibility=parent.visibility, format=Format.TEXT, parent=parent,
        at=at,
    )
    if items:
        await media_actions.place(
            tx, items, note=id_, alts=alts or {}, prior=prior, public=public
        )
    await _mention(tx, id_, text, by=by)
    await linking.notice(tx, id_, text)
    if parent.visibility == Visibility.MENTIONED and parent.author_id != by:
        await tx.run(_ADD_MENTION, note=id_, person=parent.author_id)
    await _tell_few(tx, id_, parent.visibility)
    root = parent.root_id or parent.id
    await tx.run(_COUNT_COMMENT, note=root, by=1)
    await people.wrote(tx, by, "comments_count", at=at or clock.now())
    await events.emit(tx, CommentPosted(note=id_, author=by, root=root, parent=parent.id))
    return id_


async def _tell_few(tx: Tx, id_: NoteId, visibility: Visibility) -> None:
    if visibility == Visibility.MENTIONED:
        await talking.heard(tx, (await queries.by_ids(tx, [id_]))[id_])


def _hashed(tags: Sequence[str]) -> str:
    return " ".join(f"#{tag}" for tag in tags)


async def _told_above(tx: Tx, parent: Note) -> str:
    """Title and tags of the note that a comment stands under: an engine understands it by them."""
    root = parent
    if parent.root_id is not None:
        root = (await queries.by_ids(tx, [parent.root_id])).get(parent.root_id, parent)
    title = await translation_queries.text(tx, root.title_key) if root.title_key else ""
    return f"{title} {_hashed(root.tags)}".strip()


async def _own(tx: Tx, id_: NoteId, *, by: PersonId, action: str) -> Note:
    found = await holding.note(tx, id_, viewer=by)
    if found.author_id != by:
        raise NotAllowed(action)
    return found


async def edit(
    tx: Tx,
    id_: NoteId,
    *,
    by: PersonId,
    written: Written,
    media_ids: Sequence[MediaId] = (),
    alts: Mapping[int, str] | None = None,
    prior: Sequence[str] = (),
) -> None:
    """Say it differently. How it read before stays in its history, unless others see it now.

    Raises:
        NotFound, NotAllowed: it is absent, or somebody else's.
        and what `post` raises.
    """
    old = await _own(tx, id_, by=by, action="edit")
    if old.withdrawn:
        raise NotFound("note")
    is_comment = old.root_id is not None
    items = await media.mine(tx, media_ids, viewer=by)
    _checked_media(items)
    if any(item.note_id not in (None, id_) for item in items):
        raise NotFound("media")
    limit = COMMENT_MAX_CHARS if is_comment else BODY_MAX_CHARS
    public = await wording.is_for_all(tx, old) if is_comment else written.visibility.is_open
    tags = () if is_comment else _tags(written)
    keys = await _texts(
        tx, written, prior=prior, body_limit_chars=limit, public=public,
        context=await _told_above(tx, old) if is_comment else _hashed(tags),
    )
    if not (keys["title_key"] or keys["body_key"] or items):
        raise NoteEmpty
    visibility = old.visibility if is_comment else written.visibility
    await tx.run(
        _ADD_REVISION, note_id=id_, revision=old.revision, at=old.edited_at or old.made_at,
        title_key=old.title_key, body_key=old.body_key, warning_key=old.warning_key,
    )
    await translation.release(tx, [old.place_key])
    if old.visibility.shows_others(visibility):
        await _erase_past(tx, id_)
    await tx.run(
        _EDIT, note=id_, new_tags=tags, new_visibility=visibility,
        new_format=old.format if is_comment else _format(written, items), at=clock.now(),
        **{f"new_{name}": key for name, key in keys.items()},
    )
    await media_actions.place(
        tx, items, note=id_, alts=alts or {}, prior=prior, public=public
    )
    await tx.run(_NO_TAGS, note=id_)
    if visibility == Visibility.PUBLIC:
        await tx.run_many(_ADD_TAG, [{"tag": tag, "note": id_} for tag in tags])
    await tx.run(_NO_MENTIONS, note=id_)
    await _mention(tx, id_, written.body, by=by)
    await linking.notice(tx, id_, written.body, was_there=True)
    if visibility != old.visibility:
        await wording.follow_visibility(tx, (await queries.by_ids(tx, [id_]))[id_])
    if old.quotes_count:
        await quoting.reads_differently(tx, id_)
    await events.emit(tx, NoteEdited(note=id_, author=by))


async def _erase_past(tx: Tx, id_: NoteId) -> None:
    """Let go of how a note read before its edits."""
    for revision in await queries.past(tx, id_):
        await translation.release(
            tx, [revision.title_key, revision.body_key, revision.warning_key]
        )
    await tx.run(_NO_REVISIONS, note=id_)


async def _erase(tx: Tx, note: Note, *, keeps_media: bool = False) -> None:
    """Let go of everything a note holds: texts now and before, media, counters."""
    await _erase_past(tx, note.id)
    await tx.run(_COUNT_OFF_BOARDS, note=note.id)
    await tx.run(_OFF_BOARDS, note=note.id)
    await translation.release(tx, note.keys())
    if keeps_media:
        await media_actions.take_out(tx, note.id)
    else:
        await media_actions.let_go_of_notes(tx, [note.id])
    await linking.drop(tx, note.id)
    await quoting.drop(tx, note)
    await tx.run(_NO_LIKES, note=note.id)
    await boosting.remove_all(tx, note.id)
    await polls.drop(tx, note.id)
    await talking.forget(tx, note)
    if note.likes_count:
        await people.adjust(tx, note.author_id, "likes_count", by=-note.likes_count)
    if not note.withdrawn:
        counter = "comments_count" if note.root_id else "notes_count"
        await people.adjust(tx, note.author_id, counter, by=-1)


async def withdraw(
    tx: Tx, id_: NoteId, *, by: PersonId, keeps_media: bool = False
) -> None:
    """Delete a note for real, with all that stands under it.

    A comment that others answered leaves an empty place, so that their answers keep theirs. Who
    wants to write the note anew ``keeps_media``: its files are loose then, like fresh uploads.

    Raises:
        NotFound, NotAllowed: it is absent, or somebody else's.
    """
    note = await _own(tx, id_, by=by, action="withdraw")
    await erase(tx, note, keeps_media=keeps_media)


async def erase(tx: Tx, note: Note, *, keeps_media: bool = False) -> None:
    """`withdraw` without asking whose it is: for a leaving person's notes."""
    mentioned: list[PersonId] = []
    if note.visibility is not Visibility.PUBLIC:
        mentioned = await queries.mentioned_in(tx, note.id)
    if note.root_id is None:
        for under in await queries.under(tx, note.id):
            await _erase(tx, under, keeps_media=keeps_media and under.id == note.id)
        await tx.run(_DELETE, note=note.id)
    else:
        below = [n for n in await queries.under(tx, note.id) if n.id != note.id]
        await _erase(tx, note, keeps_media=keeps_media)
        await tx.run(_BLANK if below else _DELETE, note=note.id)
        if not note.withdrawn:
            await tx.run(_COUNT_COMMENT, note=note.root_id, by=-1)
    await events.emit(
        tx,
        NoteWithdrawn(
            note=note.id, root=note.root_id, author=note.author_id, visibility=note.visibility,
            tags=note.tags, mentioned=tuple(mentioned),
        ),
    )


async def like(tx: Tx, id_: NoteId, *, by: PersonId) -> int:
    """Like a note; once is enough. The answer is its likes.

    Raises:
        NotFound: it is absent, or not for this person.
    """
    await waiting.must_be_in(tx, by)
    found = await holding.note(tx, id_, viewer=by)
    if not await tx.run(_LIKE, person=by, note=id_, at=clock.now()):
        return found.likes_count
    await tx.run(_COUNT_LIKE, note=id_, by=1)
    await people.adjust(tx, found.author_id, "likes_count", by=1)
    count = found.likes_count + 1
    await events.emit(tx, NoteLiked(note=id_, person=by, likes=count))
    return count


async def unlike(tx: Tx, id_: NoteId, *, by: PersonId) -> int:
    """Take a like back. The answer is the note's likes.

    Raises:
        NotFound: it is absent, or not for this person.
    """
    return await unlike_as_leaving(tx, await holding.note(tx, id_, viewer=by), by=by)


async def unlike_as_leaving(tx: Tx, note: Note, *, by: PersonId) -> int:
    """`unlike` without asking whether the note can still be seen."""
    if not await tx.run(_UNLIKE, person=by, note=note.id):
        return note.likes_count
    await tx.run(_COUNT_LIKE, note=note.id, by=-1)
    await people.adjust(tx, note.author_id, "likes_count", by=-1)
    count = note.likes_count - 1
    await events.emit(tx, NoteUnliked(note=note.id, person=by, likes=count))
    return count
