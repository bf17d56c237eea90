"""Pages of many notes: explore, following, tags, search."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response

from catflap.feed import pipeline
from catflap.feed.model import Why
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound, SignInNeeded
from catflap.notes import queries as notes
from catflap.notes.actions import checked_tag
from catflap.notes.errors import TagInvalid
from catflap.notes.model import Format, Note, Stamp
from catflap.notices import queries as notices
from catflap.people import queries as people
from catflap.search import queries as search
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.visit import Visit


async def unread(reads: Reads, visit: Visit) -> int:
    """How many notices wait for the reader."""
    return await notices.unread(reads, visit.viewer) if visit.viewer else 0


async def waterfall(
    door: Door, visit: Visit, reads: Reads, stamps: Sequence[Stamp], *, why: Sequence[str],
    next_href: str,
) -> str:
    """Cards, each with its reason, and the link to more."""
    cards = await door.presenting.cards(reads, visit, stamps)
    out = [
        card.replace("<!--why-->", f'<span class="why">{reason}</span>' if reason else "", 1)
        for card, reason in zip(cards, why, strict=True)
    ]
    if next_href:
        more = visit.words.gettext("More")
        out.append(f'<a class="more" rel="next" href="{next_href}">{more}</a>')
    return "".join(out)


async def stamped(door: Door, reads: Reads, found: Sequence[Note]) -> list[Stamp]:
    """Stamps of notes that were read whole."""
    del door
    known = await notes.stamps(reads, [note.id for note in found])
    return [known[note.id] for note in found if note.id in known]


async def many(
    door: Door, visit: Visit, reads: Reads, stamps: Sequence[Stamp], *, template: str,
    why: Sequence[str] | None = None, next_cursor: str | None, kept_key: object = None,
    **values: object,
) -> Response:
    """A page of cards, or, for a script that asks for more, the cards alone.

    With a ``kept_key`` the page around the cards is rendered once for all readers of a language.
    """
    request = visit.request
    kept = {k: v for k, v in request.query_params.items() if k not in ("after", "fragment")}
    next_href = ""
    if next_cursor:
        query = "&amp;".join(
            [*(f"{k}={_quoted(v)}" for k, v in kept.items()), f"after={next_cursor}"]
        )
        next_href = f"{request.url.path}?{query}"
    cards = await waterfall(
        door, visit, reads, stamps, why=why or [""] * len(stamps), next_href=next_href
    )
    if request.query_params.get("fragment"):
        return rendering.html(visit, cards)
    values |= {"empty": not stamps}
    slots = rendering.frame(visit, unread=await unread(reads, visit)) | {"cards": cards}
    key = (template, visit.locale, visit.theme, visit.viewer is None, request.url.path, kept_key)
    piece = door.presenting.pieces.found(key) if kept_key is not None else None
    if piece is None:
        text = rendering.fragment(visit, template, cards=rendering.slot("cards"), **values)
        if kept_key is None:
            piece = rendering.Piece(text)
        else:
            piece = door.presenting.pieces.keep(key, text, settled=True)
    return rendering.html(visit, piece.filled(slots))


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _why(visit: Visit, why: Why) -> str:
    _ = visit.words.gettext
    return {
        Why.FOLLOWED: _("You follow them"), Why.NEWCOMER: _("New here"), Why.WARM: "",
    }[why]


async def explore(door: Door, visit: Visit) -> Response:
    """The waterfall of everybody's notes."""
    params = visit.request.query_params
    chosen = params.get("format", "")
    only = chosen if chosen in set(Format) else None
    async with door.house.database.reads() as reads:
        feed = await pipeline.explore(
            reads, viewer=visit.viewer, after=params.get("after"), format=only
        )
        return await many(
            door, visit, reads, [slot.stamp for slot in feed.slots], template="explore.html",
            why=[_why(visit, slot.why) for slot in feed.slots], next_cursor=feed.next_cursor,
            format=only or "", following=False, kept_key=(only, not feed.slots),
        )


async def following(door: Door, visit: Visit) -> Response:
    """Notes of those one follows, newest first."""
    if visit.viewer is None:
        raise SignInNeeded
    async with door.house.database.reads() as reads:
        page = await notes.by_followed(
            reads, visit.viewer, after=visit.request.query_params.get("after")
        )
        found = await notes.shown(reads, page.items, viewer=visit.viewer)
        return await many(
            door, visit, reads, await stamped(door, reads, found), template="explore.html",
            next_cursor=page.next_cursor, format="", following=True,
        )


async def tag(door: Door, visit: Visit) -> Response:
    """Notes with a tag, newest first."""
    try:
        name = checked_tag(visit.request.path_params["tag"])
    except TagInvalid as error:
        raise NotFound("tag") from error
    async with door.house.database.reads() as reads:
        page = await notes.tagged(reads, name, after=visit.request.query_params.get("after"))
        found = await notes.shown(reads, page.items, viewer=visit.viewer)
        return await many(
            door, visit, reads, await stamped(door, reads, found), template="tag.html",
            next_cursor=page.next_cursor, tag=name,
        )


async def find(door: Door, visit: Visit) -> Response:
    """Search notes; a handle or a tag leads straight to its page."""
    query = visit.request.query_params.get("q", "").strip()[:200]
    async with door.house.database.reads() as reads:
        if query.startswith("@") and len(query) > 1:
            try:
                person = await people.by_handle(reads, query, viewer=visit.viewer)
            except NotFound:
                pass
            else:
                return RedirectResponse(f"/@{_quoted(person.handle)}", status_code=303)
        page = await search.notes(reads, query, after=visit.request.query_params.get("after"))
        found = await notes.shown(reads, page.items, viewer=visit.viewer)
        return await many(
            door, visit, reads, await stamped(door, reads, found), template="search.html",
            next_cursor=page.next_cursor, query=query,
        )
