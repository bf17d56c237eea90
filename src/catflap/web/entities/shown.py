"""Notes, comments, people and photos as templates take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from catflap.media.model import Focus, Kind, Media, PhotoMade, Track
from catflap.notes.model import Format, Note, NoteId, Poll
from catflap.people.model import Person, is_newcomer
from catflap.previews.model import Preview
from catflap.translation.codes import NAMES
from catflap.translation.model import Reading
from catflap.web.entities.said import Said, html_lang

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
    moving: str = ""
    """The address of all its frames, "" for a still."""
    towards: str = ""
    """Classes that say which way to look where it is cut, "" for its middle."""

    @property
    def whole(self) -> str:
        """The address of what one sees who opens it: all frames, or the largest size."""
        return self.moving or self.sizes[-1].webp

    def srcset(self, form: str) -> str:
        """The ``srcset`` of one form, ``webp`` or ``avif``."""
        return ", ".join(f"{getattr(size, form)} {size.width}w" for size in self.sizes)

    @property
    def src(self) -> str:
        """The address for browsers without ``srcset``."""
        return self.sizes[min(1, len(self.sizes) - 1)].webp


class Subtitles(msgspec.Struct, frozen=True, kw_only=True):
    """A track of a video: the author's (``is_own``), or translated from the author's first."""

    lang: str
    html_lang: str
    name: str
    href: str
    text_key: str
    is_own: bool
    is_first: bool
    """Whether it shows unless its reader chooses otherwise."""
    state: str = "own"
    """As of a text: what is ``pending`` is no track yet."""


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A video and how far its making is."""

    id: int
    state: str
    src: str
    width: int
    height: int
    progress_percent: int
    poster: Photo | None
    alt: Said | None
    subtitles: tuple[Subtitles, ...] = ()
    coming: Subtitles | None = None
    """The track that is still being translated."""


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
    words: Said | None
    author: PersonLink
    warning: Said | None
    format: str
    waits: str
    """Keys of texts whose translation is still to come, apart by spaces."""


class LinkShown(msgspec.Struct, frozen=True, kw_only=True):
    """The page that a note links to, as it tells of itself."""

    href: str
    site: str
    title: Said
    description: Said | None
    photo: Photo | None


class QuoteShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a note quotes, in few words; of what its reader does not see, only ``sight``.

    ``may_revoke`` is for whoever wrote what is quoted.
    """

    sight: str
    id: int
    href: str
    author: PersonLink | None
    words: Said | None
    cover: Photo | None
    may_revoke: bool


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
    link: LinkShown | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An option of a poll; ``votes`` and ``percent`` are 0 while totals are hidden."""

    place: int
    text: Said
    votes: int
    percent: int
    chosen: bool


class PollShown(msgspec.Struct, frozen=True, kw_only=True):
    """A poll on its note's page."""

    choices: tuple[Choice, ...]
    may_vote: bool
    is_multiple: bool
    shows_totals: bool
    has_ended: bool
    voters_count: int
    ends_at: datetime


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


def _towards(focus: Focus) -> str:
    """Thirds, as classes: pages carry no styles of their own."""
    across = "" if abs(focus.x) < 1 / 3 else "to-left" if focus.x < 0 else "to-right"
    along = "" if abs(focus.y) < 1 / 3 else "to-foot" if focus.y < 0 else "to-head"
    return f"{across} {along}".strip()


def photo(
    made: PhotoMade, folder: str, *, alt: Said | None, focus: Focus | None = None
) -> Photo:
    """A photo with the addresses of its files."""
    sizes = tuple(
        Size(
            width=size.width, height=size.height,
            webp=f"/files/{folder}/{size.webp}", avif=f"/files/{folder}/{size.avif}",
        )
        for size in made.sizes
    )
    return Photo(
        width=made.width, height=made.height, blur=made.blur, sizes=sizes, alt=alt,
        moving=f"/files/{folder}/{made.moving.file}" if made.moving is not None else "",
        towards=_towards(focus) if focus is not None else "",
    )


def cover(item: Media, *, alt: Said | None) -> Photo | None:
    """What a card shows of a photo or a video."""
    if item.kind is Kind.PHOTO:
        return photo(item.photo, item.folder, alt=alt, focus=item.focus) if item.photo else None
    if item.video is None:
        return None
    return photo(item.video.poster, item.folder, alt=alt, focus=item.focus)


def subtitles(
    note: int, tracks: Sequence[Track], *, texts: Mapping[str, Said], reading: Reading
) -> tuple[Subtitles, ...]:
    """A video's tracks for one reader: those it has, and one in a language they read.

    The one that is translated comes first, in whatever state it is.
    """
    own = [
        Subtitles(
            lang=track.lang, html_lang=html_lang(track.lang), is_own=True,
            name=NAMES.get(track.lang, track.lang), text_key=track.text_key,
            href=f"/n/{note}/subtitles/{track.lang}.vtt", is_first=track.lang in reading.reads,
        )
        for track in tracks
    ]
    if not own or any(track.is_first for track in own) or not reading.translate:
        return tuple(own)
    said = texts.get(own[0].text_key)
    if said is None or said.state == "own":
        return tuple(own)
    made = Subtitles(
        lang=reading.target, html_lang=html_lang(reading.target),
        name=NAMES.get(reading.target, reading.target), text_key=own[0].text_key,
        href=f"/n/{note}/subtitles/{reading.target}.vtt", is_own=False, is_first=True,
        state=said.state,
    )
    return (made, *own)


def video(
    item: Media, *, alt: Said | None, subtitles: tuple[Subtitles, ...] = ()
) -> Video:
    """A video with the addresses of its files."""
    made = item.video
    return Video(
        id=item.id, state=item.state, src=f"/files/{item.folder}/{made.file}" if made else "",
        width=made.width if made else 16, height=made.height if made else 9,
        progress_percent=round(item.progress_ratio * 100), poster=cover(item, alt=None),
        alt=alt, subtitles=tuple(one for one in subtitles if one.state in ("own", "translated")),
        coming=next((one for one in subtitles if one.state == "pending"), None),
    )


def poll(
    found: Poll, *, texts: Mapping[str, Said], own_votes: Sequence[int], may_vote: bool,
    now: datetime,
) -> PollShown:
    """A poll for one reader. Percents are of those who voted, so several may be over 100 in all."""
    shows = found.shows_totals(now)
    return PollShown(
        choices=tuple(
            Choice(
                place=option.place, text=texts[option.text_key],
                votes=option.votes_count if shows else 0,
                percent=round(100 * option.votes_count / max(1, found.voters_count))
                if shows else 0,
                chosen=option.place in own_votes,
            )
            for option in found.options
            if option.text_key in texts
        ),
        may_vote=may_vote and not own_votes and not found.has_ended(now),
        is_multiple=found.is_multiple, shows_totals=shows, has_ended=found.has_ended(now),
        voters_count=found.voters_count, ends_at=found.ends_at,
    )


def link(found: Preview, *, texts: Mapping[str, Said]) -> LinkShown | None:
    """A page as a card; None where its title is gone."""
    title = texts.get(found.title_key)
    if title is None:
        return None
    return LinkShown(
        href=found.url, site=found.site, title=title,
        description=texts.get(found.description_key),
        photo=photo(found.image, found.folder, alt=None) if found.image else None,
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
