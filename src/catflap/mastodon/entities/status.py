"""Status, its media and what it quotes. Source: docs.joinmastodon.org, Entities (4.5)."""

from __future__ import annotations

from typing import Any

import msgspec

from catflap.mastodon.entities.account import Account
from catflap.mastodon.entities.card import Card
from catflap.mastodon.entities.poll import Asked, Poll
from catflap.mastodon.entities.written import instant, note_html, quote_html
from catflap.media.model import MIDDLE, Focus, Kind, Media, PhotoMade, State
from catflap.notes.model import Boost, Note, QuotableBy, Visibility
from catflap.people.model import Person
from catflap.translation.codes import NO_WORDS, UNKNOWN
from catflap.translation.model import Kept

OUTWARD = {
    Visibility.PUBLIC: "public", Visibility.UNLISTED: "unlisted", Visibility.FOLLOWERS: "private",
    Visibility.MENTIONED: "direct", Visibility.ONLY_ME: "direct",
}
"""Our visibilities in Mastodon's words."""
AUTOMATIC, DENIED = "automatic", "denied"


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """The app a status came from."""

    name: str
    website: str | None


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a status mentions."""

    id: str
    username: str
    acct: str
    url: str


class TagLink(msgspec.Struct, frozen=True, kw_only=True):
    """A tag of a status."""

    name: str
    url: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A photo or video. ``url`` is null while a video is made."""

    id: str
    type: str
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: dict[str, Any]
    description: str | None
    blurhash: str | None


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in a status before an app that asked for it was given the translation."""

    content: str
    spoiler_text: str
    language: str | None
    by: str


class More(msgspec.Struct, frozen=True, kw_only=True):
    """What a note has beyond a status; ``translated_from`` only where ``content`` is translated."""

    title: str
    body: str
    place: str
    format: str
    visibility: str
    collects_count: int
    translated_from: Translated | None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a status quotes. Inside a quoted status only the id stands, so that quotes end."""

    state: str
    quoted_status: Status | msgspec.UnsetType | None
    quoted_status_id: str | msgspec.UnsetType | None


class QuoteApproval(msgspec.Struct, frozen=True, kw_only=True):
    """Who may quote a status, and whether the caller may; nobody is asked each time here."""

    automatic: tuple[str, ...]
    manual: tuple[str, ...]
    current_user: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A note as apps see it."""

    id: str
    created_at: str
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    sensitive: bool
    spoiler_text: str
    visibility: str
    language: str | None
    uri: str
    url: str
    replies_count: int
    reblogs_count: int
    favourites_count: int
    quotes_count: int
    edited_at: str | None
    favourited: bool
    reblogged: bool
    muted: bool
    bookmarked: bool
    pinned: bool
    content: str
    filtered: tuple[Any, ...]
    reblog: Status | None
    application: Application | None
    account: Account
    media_attachments: tuple[Attachment, ...]
    mentions: tuple[Mention, ...]
    tags: tuple[TagLink, ...]
    emojis: tuple[Any, ...]
    card: Card | None
    poll: Poll | None
    quote: Quote | None
    quote_approval: QuoteApproval
    catflap: More


class Withdrawn(Status, frozen=True, kw_only=True):
    """A status that was deleted, with what it takes to write it anew."""

    text: str


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """How a status read at one time."""

    content: str
    spoiler_text: str
    sensitive: bool
    created_at: str
    account: Account
    poll: Asked | None
    media_attachments: tuple[Attachment, ...]
    emojis: tuple[Any, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A status as it was written, for editing it."""

    id: str
    text: str
    spoiler_text: str


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller did with a note, and whether they may quote it."""

    liked: bool
    collected: bool
    boosted: bool
    pinned: bool
    hushed: bool
    quotable: bool


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """A note's texts as they are to be shown, and as they were written where that differs."""

    title: str
    body: str
    warning: str
    place: str


def language_of(kept: Kept | None) -> str | None:
    """A text's language as apps want it, null where it has none or nobody knows."""
    if kept is None or kept.lang in (UNKNOWN, NO_WORDS):
        return None
    return kept.lang


def attachment(item: Media, *, alt: str, base: str) -> Attachment:
    """A photo or video as apps see it."""
    if item.kind is Kind.PHOTO and item.photo is not None:
        return _photo(item, item.photo, alt=alt, base=base)
    return _video(item, alt=alt, base=base)


def _file(item: Media, name: str, base: str) -> str:
    return f"{base}/files/{item.folder}/{name}"


def _size(width: int, height: int) -> dict[str, Any]:
    return {
        "width": width, "height": height, "size": f"{width}x{height}",
        "aspect": round(width / max(1, height), 5),
    }


def _sizes(made: PhotoMade, at: Focus) -> tuple[str, dict[str, Any]]:
    """The name of the preview's file, and the ``meta`` of both sizes."""
    small = next((size for size in made.sizes if size.name == "medium"), made.sizes[-1])
    large = made.sizes[-1]
    return small.webp, {
        "original": _size(large.width, large.height), "small": _size(small.width, small.height),
        "focus": {"x": at.x, "y": at.y},
    }


def _photo(item: Media, made: PhotoMade, *, alt: str, base: str) -> Attachment:
    preview, meta = _sizes(made, item.focus or MIDDLE)
    name, moving = made.sizes[-1].webp, made.moving
    if moving is not None:
        # What moves is still an ``image``: a ``gifv`` is a video, and this is none.
        name, meta["original"] = moving.file, _size(moving.width, moving.height)
    return Attachment(
        id=str(item.id), type="image", url=_file(item, name, base),
        preview_url=_file(item, preview, base), remote_url=None, preview_remote_url=None,
        text_url=None, meta=meta, description=alt or None, blurhash=made.blurhash or None,
    )


def _video(item: Media, *, alt: str, base: str) -> Attachment:
    made = item.video
    if made is None or item.state is not State.READY:
        return Attachment(
            id=str(item.id), type="video", url=None, preview_url=None, remote_url=None,
            preview_remote_url=None, text_url=None, meta={}, description=alt or None,
            blurhash=None,
        )
    preview, meta = _sizes(made.poster, item.focus or MIDDLE)
    minutes, seconds = divmod(made.duration_s, 60)
    length = f"{int(minutes // 60)}:{int(minutes % 60):02d}:{seconds:05.2f}"
    meta["original"] = {**_size(made.width, made.height), "duration": made.duration_s}
    return Attachment(
        id=str(item.id), type="video" if made.has_sound else "gifv",
        url=_file(item, made.file, base), preview_url=_file(item, preview, base),
        remote_url=None, preview_remote_url=None, text_url=None,
        meta={**_size(made.width, made.height), "length": length, **meta},
        description=alt or None, blurhash=made.poster.blurhash or None,
    )


def mention(person: Person, *, base: str) -> Mention:
    """Somebody mentioned."""
    return Mention(
        id=str(person.id), username=person.handle, acct=person.handle,
        url=f"{base}/@{person.handle}",
    )


def status(
    note: Note, *, author: Account, handle: str, shown: Texts, written: Texts,
    language: str | None, translated_from: Translated | None, items: tuple[Attachment, ...],
    mentions: tuple[Mention, ...], parent_author: int | None, base: str, card: Card | None = None,
    quoted_url: str = "",
) -> Status:
    """A note as a status for nobody in particular: title, body, place and tags are one text."""
    url = f"{base}/@{handle}/{note.id}"
    return Status(
        id=str(note.id), created_at=instant(note.made_at),
        in_reply_to_id=str(note.parent_id) if note.parent_id else None,
        in_reply_to_account_id=str(parent_author) if parent_author else None,
        sensitive=bool(shown.warning), spoiler_text=shown.warning,
        visibility=OUTWARD[note.visibility], language=language, uri=url, url=url,
        replies_count=note.comments_count, reblogs_count=note.boosts_count,
        favourites_count=note.likes_count, quotes_count=note.quotes_count,
        edited_at=instant(note.edited_at) if note.edited_at else None,
        favourited=False, reblogged=False, muted=False, bookmarked=False, pinned=False,
        content=_quoting(shown.body, quoted_url) + content(shown, note.tags, base=base),
        filtered=(), reblog=None,
        application=None, account=author, media_attachments=items, mentions=mentions,
        tags=tuple(TagLink(name=tag, url=f"{base}/tags/{tag}") for tag in note.tags), emojis=(),
        card=card, poll=None, quote=None,
        quote_approval=approval(note.quotable_by, note.visibility, quotable=False),
        catflap=More(
            title=written.title, body=written.body, place=written.place, format=note.format,
            visibility=note.visibility, collects_count=note.collects_count,
            translated_from=translated_from,
        ),
    )


def approval(
    by: QuotableBy, visibility: Visibility, *, quotable: bool
) -> QuoteApproval:
    """Who may quote a note; of what is for few, nobody but its author."""
    is_anybodys = visibility.is_open and by is not QuotableBy.NOBODY
    return QuoteApproval(
        automatic=(by.value,) if is_anybodys else (), manual=(),
        current_user=AUTOMATIC if quotable else DENIED,
    )


def _quoting(body: str, url: str) -> str:
    """The line that stands for a quote in apps that know none; those that do hide it."""
    return quote_html(url) if url and url not in body else ""


def boosted(whole: Status, *, boost: Boost, by: Account) -> Status:
    """A boost as a status: its own id, time and account; what it passes on goes inside it."""
    return msgspec.structs.replace(
        whole, id=str(boost.id), created_at=instant(boost.made_at), account=by,
        content="", spoiler_text="", in_reply_to_id=None, in_reply_to_account_id=None,
        edited_at=None, media_attachments=(), mentions=(), tags=(), card=None,
        uri=f"{by.uri}/boosts/{boost.id}",
    )


def content(texts: Texts, tags: tuple[str, ...], *, base: str) -> str:
    """A note's HTML for a plain client."""
    return note_html(
        title=texts.title, body=texts.body, place=texts.place, tags=tags, base=base
    )
