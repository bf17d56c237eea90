"""Pages of many notes: explore, following."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response

from catflap.feed import pipeline
from catflap.feed.model import Feed
from catflap.ground.database import Reads
from catflap.ground.errors import SignInNeeded
from catflap.moderation import announcements
from catflap.notes import homing, timelines
from catflap.notes import queries as notes
from catflap.notes.model import Format, Note, Stamp
from catflap.notes.timelines import Entry
from catflap.notices import queries as notices
from catflap.people import queries as people
from catflap.people.model import Reader
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.entities import reasons
from catflap.web.visit import FEED_COOKIE, Visit

YEAR_S = 365 * 86_400
_FORMATS = frozenset(Format)


async def unread(reads: Reads, visit: Visit) -> int:
    """How many notices wait for the reader."""
    return await notices.unread(reads, visit.viewer) if visit.viewer else 0


async def waterfall(
    door: Door, visit: Visit, reads: Reads, stamps: Sequence[Stamp], *, why: Sequence[bytes],
    next_href: str,
) -> bytes:
    """Cards, each with its reason, and the link to more."""
    return await door.presenting.cards(reads, visit, stamps, why=why) + more(visit, next_href)


def more(visit: Visit, next_href: str) -> bytes:
    """The link to the rest of a list, nothing at its end."""
    if not next_href:
        return b""
    words = visit.words.gettext("More")
    return f'<a class="more" rel="next" href="{next_href}">{words}</a>'.encode()


def continued(visit: Visit, next_cursor: str | None, *, path: str = "") -> str:
    """The address of the rest of this list, as HTML; "" at its end. ``path``: if not here."""
    if not next_cursor:
        return ""
    params = visit.request.query_params
    kept = [
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in params.items() if name not in ("after", "fragment", "fresh")
    ]
    if (path or visit.request.scope["path"]) == "/" and visit.reader and "feed" not in params:
        kept.append(f"feed={visit.feed}")  # a cursor is of one feed, whatever is chosen meanwhile
    return f"{path or visit.request.scope['path']}?{'&amp;'.join([*kept, f'after={next_cursor}'])}"


async def stamped(door: Door, reads: Reads, found: Sequence[Note]) -> list[Stamp]:
    """Stamps of notes that were read whole."""
    del door
    known = await notes.stamps(reads, [note.id for note in found])
    return [known[note.id] for note in found if note.id in known]


async def many(
    door: Door, visit: Visit, reads: Reads, stamps: Sequence[Stamp], *, template: str,
    why: Sequence[bytes] | None = None, next_cursor: str | None, kept_key: object = None,
    path: str = "", status: int = 200, slots: Mapping[str, bytes] | None = None, **values: object,
) -> Response:
    """A page of cards, or, for a script that asks for more, the cards alone.

    With a ``kept_key`` the page around the cards is rendered once for all readers of a language.
    ``path`` is where more cards are, if not at the address that was asked. ``slots`` are further
    parts of it that differ between readers.
    """
    request = visit.request
    path = path or request.scope["path"]
    cards = await waterfall(
        door, visit, reads, stamps, why=why or [b""] * len(stamps),
        next_href=continued(visit, next_cursor, path=path),
    )
    if request.query_params.get("fragment"):
        return rendering.html(visit, cards)
    values |= {"empty": not stamps}
    filled = rendering.frame(visit, unread=await unread(reads, visit)) | {"cards": cards}
    filled |= slots or {}
    pieces = door.presenting.pieces
    shelf = pieces.shelf(template, visit.locale)
    key = (visit.theme, visit.viewer is None, path, kept_key)
    piece = shelf.get(key) if kept_key is not None else None
    if piece is None:
        text = rendering.fragment(visit, template, cards=rendering.slot("cards"), **values)
        piece = pieces.keep(shelf, key, text, settled=kept_key is not None)
    return rendering.html(visit, piece.filled(filled), status=status)


async def explore(door: Door, visit: Visit) -> Response:
    """Everybody's notes: composed for the reader, by time, or those of whom they follow.

    What was chosen stays chosen, in a cookie. A format, and whoever is not signed in, is shown
    what is warm.
    """
    params = visit.request.query_params
    chosen = params.get("format", "")
    if visit.reader is None or chosen in _FORMATS:
        return await _warm(door, visit, only=chosen if chosen in _FORMATS else None)
    answer = await _OF_FEED[visit.feed](door, visit, visit.reader)
    if params.get("feed") == visit.feed != visit.request.cookies.get(FEED_COOKIE):
        answer.set_cookie(FEED_COOKIE, visit.feed, max_age=YEAR_S, samesite="lax")
    return answer


async def _warm(door: Door, visit: Visit, *, only: str | None) -> Response:
    async with door.house.database.reads() as reads:
        feed = await pipeline.explore(
            reads, viewer=visit.viewer, after=visit.request.query_params.get("after"), format=only
        )
        why = [reasons.line(visit.locale, slot.why) for slot in feed.slots]
        return await _listed(door, visit, reads, feed, why=why, only=only or "")


async def _listed(
    door: Door, visit: Visit, reads: Reads, feed: Feed, *, why: Sequence[bytes], only: str = ""
) -> Response:
    return await many(
        door, visit, reads, [slot.stamp for slot in feed.slots], template="explore.html",
        why=why, next_cursor=feed.next_cursor, format=only, following=False,
        kept_key=(only, visit.feed, not feed.slots, visit.lacks_engine),
        slots={
            "announcements": await announced(door, visit, reads),
            "known": b" hidden" if visit.knows_no_engine else b"",
        },
    )


async def _for_you(door: Door, visit: Visit, reader: Reader) -> Response:
    params = visit.request.query_params
    if params.get("fresh"):
        door.feeding.forget(reader.id)
    async with door.house.database.reads() as reads:
        feed = await pipeline.for_you(
            reads, door.feeding, reader=reader, after=params.get("after")
        )
        why = [
            reasons.with_less(
                visit.locale, slot.why, topic=slot.topic, place=slot.place, note=slot.stamp.id
            ) if slot.stamp.author_id != reader.id else b""
            for slot in feed.slots
        ]
        return await _listed(door, visit, reads, feed, why=why)


async def _latest(door: Door, visit: Visit, reader: Reader) -> Response:
    async with door.house.database.reads() as reads:
        feed = await pipeline.latest(
            reads, viewer=reader.id, after=visit.request.query_params.get("after")
        )
        return await _listed(door, visit, reads, feed, why=[b""] * len(feed.slots))


async def announced(door: Door, visit: Visit, reads: Reads) -> bytes:
    """What operators say to everybody, on the first page of Explore, until one dismisses it."""
    params = visit.request.query_params
    if params.get("after") or params.get("fragment"):
        return b""
    found, _ = await announcements.running(reads, visit.viewer)
    if not found:
        return b""
    return await door.presenting.announced(reads, visit, found)


async def following(door: Door, visit: Visit) -> Response:
    """What those one follows wrote and passed on, newest first."""
    if visit.reader is None:
        raise SignInNeeded
    return await _following(door, visit, visit.reader)


async def _following(door: Door, visit: Visit, reader: Reader) -> Response:
    async with door.house.database.reads() as reads:
        page = await homing.following(
            reads, reader.id, after=visit.request.query_params.get("after")
        )
        listed = await timelines.entries(reads, page.items, viewer=reader.id)
        wanted = await homing.in_wanted_languages(
            reads, reader.id, [entry.note for entry in listed]
        )
        stamps = await stamped(door, reads, wanted)
        boosters = await _boosters(reads, visit, listed)
        return await many(
            door, visit, reads, stamps, template="explore.html",
            why=[boosters.get(stamp.id, b"") for stamp in stamps], next_cursor=page.next_cursor,
            format="", following=True,
        )


async def _boosters(
    reads: Reads, visit: Visit, listed: Sequence[Entry]
) -> dict[int, bytes]:
    """Who passed a note on, as HTML, by the note. One query where anybody did."""
    boosts = [entry.boost for entry in listed if entry.boost is not None]
    known = await people.by_ids(reads, [boost.person_id for boost in boosts]) if boosts else {}
    line = Markup('<span class="why">{}</span>')
    return {
        boost.note_id: line.format(
            visit.words.gettext("Boosted by %(name)s", name=known[boost.person_id].name)
        ).encode()
        for boost in boosts
        if boost.person_id in known
    }


_OF_FEED = {"for-you": _for_you, "latest": _latest, "following": _following}
