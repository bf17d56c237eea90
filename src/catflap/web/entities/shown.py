"""Notes, comments, people and photos as templates take them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from catflap.media.model import Kind, Media, PhotoMade
from catflap.notes.model import Format, Note, NoteId
from catflap.people.model import Person, is_newcomer
from catflap.web.entities.said import Said

ROW_PX = 8
CARD_WIDTH_PX = 176
CARD_TEXT_PX = 84
TEXT_COVER_RATIO = 1.1
TALLEST_RATIO = 1.5
WIDEST_RATIO = 0.7


class PersonLink(msgspec.Struct, frozen=True, kw_only=True):
    """A person in few words. ``initial`` stands where there is no avatar."""

    handle: str
    name: str
    avatar: str
    initial: str
    newcomer: bool


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """One size of a photo."""

    width: int
    height: int
    webp: str
    avif: str


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photo, sizes small to large."""

    width: int
    height: int
    blur: str
    sizes: tuple[Size, ...]
    alt: Said | None

    def srcset(self, form: str) -> str:
        """The ``srcset`` of one form, ``webp`` or ``avif``."""
        return ", ".join(f"{getattr(size, form)} {size.width}w" for size in self.sizes)

    @property
    def src(self) -> str:
        """The address for browsers without ``srcset``."""
        return self.sizes[min(1, len(self.sizes) - 1)].webp


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A video and how far its making is."""

    id: int
    state: str
    src: str
    width: int
    height: int
    progress_percent: int
    poster: Photo | None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A note on a page of many."""

    id: NoteId
    href: str
    cover: Photo | None
    has_video: bool
    photos_count: int
    span: int
    tint: int
    title: Said | None
    author: PersonLink
    warning: Said | None
    format: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A note or comment on its page."""

    id: NoteId
    href: str
    author: PersonLink
    title: Said | None
    body: Said | None
    warning: Said | None
    place: Said | None
    photos: list[Photo]
    video: Video | None
    tags: tuple[str, ...]
    visibility: str
    format: str
    at: datetime
    edited_at: datetime | None
    own: bool
    withdrawn: bool
    reply: bool
    parent_id: int


def href(note: int, handle: str) -> str:
    """A note's address, which ends in its id."""
    return f"/@{handle}/{note}"


def person_link(person: Person, *, now: datetime) -> PersonLink:
    """A person in few words."""
    count = person.notes_count + person.comments_count
    return PersonLink(
        handle=person.handle, name=person.name, avatar=person.avatar,
        initial=person.name[:1].upper(),
        newcomer=is_newcomer(joined_at=person.joined_at, published_count=count, now=now),
    )


def photo(made: PhotoMade, folder: str, *, alt: Said | None) -> Photo:
    """A photo with the addresses of its files."""
    sizes = tuple(
        Size(
            width=size.width, height=size.height,
            webp=f"/files/{folder}/{size.webp}", avif=f"/files/{folder}/{size.avif}",
        )
        for size in made.sizes
    )
    return Photo(width=made.width, height=made.height, blur=made.blur, sizes=sizes, alt=alt)


def cover(item: Media, *, alt: Said | None) -> Photo | None:
    """What a card shows of a photo or a video."""
    if item.kind is Kind.PHOTO:
        return photo(item.photo, item.folder, alt=alt) if item.photo else None
    return photo(item.video.poster, item.folder, alt=alt) if item.video else None


def video(item: Media) -> Video:
    """A video with the addresses of its files."""
    made = item.video
    return Video(
        id=item.id, state=item.state, src=f"/files/{item.folder}/{made.file}" if made else "",
        width=made.width if made else 16, height=made.height if made else 9,
        progress_percent=round(item.progress_ratio * 100), poster=cover(item, alt=None),
    )


def card_span(shown_cover: Photo | None) -> int:
    """Rows of `ROW_PX` that a card takes: the server knows every height before a script could."""
    ratio = shown_cover.height / shown_cover.width if shown_cover else TEXT_COVER_RATIO
    ratio = min(TALLEST_RATIO, max(WIDEST_RATIO, ratio))
    return round((CARD_WIDTH_PX * ratio + CARD_TEXT_PX) / ROW_PX)


def title_of(note: Note, title: Said | None, body: Said | None) -> Said | None:
    """What stands as a card's title: the title, else the first words."""
    return title if note.title_key else body


def format_name(note: Note) -> str:
    """The format's word where it says more than the pictures do."""
    plain = (Format.PHOTO, Format.VIDEO, Format.TEXT)
    return "" if note.format in plain else str(note.format)
