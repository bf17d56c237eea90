"""Seals on cat taxes, keepsakes, and the customs desk, where hosts greet who came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.arrivals import answering, stamping
from catflap.arrivals.model import STAMPS_FOR_KEEPSAKE, CatTax
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.media import queries as media
from catflap.notes import actions, queries
from catflap.notes.model import Note, NoteId
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.translation import queries as translation
from catflap.translation.codes import NAMES
from catflap.translation.model import TextKey
from catflap.web import problems, rendering, seals
from catflap.web.door import Door
from catflap.web.entities import shown
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.notes import note_id, note_page
from catflap.web.visit import Visit

PICTURE_KEPT_S = 3600


async def stamp(door: Door, visit: Visit) -> Response:
    """Put a seal on a cat tax; what cannot be taken stays in the form."""
    assert visit.viewer is not None
    assert visit.reader is not None
    id_ = note_id(visit)
    async with form(visit.request) as fields:
        design, words = fields.text("design"), fields.text("words")
    try:
        door.posts.spend(str(visit.viewer))
        async with door.house.database.tx() as tx:
            await stamping.stamp(
                tx, id_, by=visit.viewer, design=design, words=words, prior=visit.reader.reads,
            )
    except CatflapError as error:
        async with door.house.database.reads() as reads:
            note = await queries.note(reads, id_, viewer=visit.viewer)
            if isinstance(error, NotFound) or await stamping.of_note(reads, id_) is None:
                raise
            tried = seals.Tried(
                design=design, words=words, error=problems.sentence(visit.words, error)
            )
            page = await note_page(
                door, visit, reads, note, reply=None, tried=tried,
                status=problems.status_of(error),
            )
        return problems.timed(page, error)
    return visit.back(f"/n/{id_}")


async def words_fragment(door: Door, visit: Visit) -> Response:
    """What a seal says, again, for a page that waits for its translation."""
    id_ = from_text(visit.request.path_params["id"])
    async with door.house.database.reads() as reads:
        one = await stamping.one(reads, id_ or 0)
        await queries.note(reads, NoteId(one.note_id), viewer=visit.viewer)
        kept = await translation.kept(
            reads, [TextKey(one.words_key)], target=visit.reading.target
        )
    if one.words_key not in kept:
        raise NotFound("text")
    said = door.presenting.said(visit, kept[TextKey(one.words_key)], with_aid=False)
    return rendering.html(visit, rendering.fragment(
        visit, "said_fragment.html", said=said, note=f"s{one.id}", is_choice=False,
        compact=True, inline=True, at=f"/stamps/{one.id}/words",
    ))


async def _keepsake(reads: Reads, visit: Visit) -> tuple[Any, CatTax, Note]:
    """Whose keepsake a path names, as this viewer may see it.

    Raises:
        NotFound: they have none, or their note is not for this viewer.
    """
    person = await people.by_handle(reads, visit.request.path_params["handle"], viewer=visit.viewer)
    tax = await stamping.of_person(reads, PersonId(person.id))
    if tax is None or tax.welcomed_at is None:
        raise NotFound("page")
    return person, tax, await queries.note(reads, NoteId(tax.note_id), viewer=visit.viewer)


async def keepsake(door: Door, visit: Visit) -> Response:
    """Somebody's keepsake of having arrived, for anybody to see."""
    async with door.house.database.reads() as reads:
        person, tax, note = await _keepsake(reads, visit)
        items = (await media.of_notes(reads, [note.id])).get(note.id, [])
        return rendering.page(
            visit, "keepsake.html", person=shown.person_link(person, now=clock.now()), tax=tax,
            cover=shown.cover(items[0], alt=None) if items else None, note=note,
            seals=await seals.on_note(door, visit, reads, note.id),
            is_own=person.id == visit.viewer,
            address=door.house.settings.address(), unread=await unread(reads, visit),
        )


async def keepsake_picture(door: Door, visit: Visit) -> Response:
    """The keepsake's preview for other sites, drawn by code."""
    async with door.house.database.reads() as reads:
        person, tax, note = await _keepsake(reads, visit)
        found = await stamping.on_note(reads, note.id)
    from catflap.web import keepsakes  # Pillow, where a preview is asked for

    raw = keepsakes.picture(
        name=person.name, handle=person.handle, place=door.house.settings.community_name,
        day=tax.welcomed_at.strftime("%Y-%m-%d") if tax.welcomed_at else "",
        designs=tuple(one.design for one in found[:6]),
    )
    return Response(raw, 200, {
        **rendering.SECURITY, "cache-control": f"public, max-age={PICTURE_KEPT_S}",
    }, media_type="image/png")


def _asked_languages(visit: Visit) -> Sequence[str]:
    assert visit.reader is not None
    if "every" in visit.request.query_params:
        return [*NAMES, "und"]
    return visit.reader.reads


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be taken on the desk: for which note, what was written, why."""

    note: int
    text: str
    error: str


async def desk(door: Door, visit: Visit) -> Response:
    """Newcomers nobody answered yet, then those short of seals, in the host's languages."""
    return await _desk(door, visit)


async def _desk(
    door: Door, visit: Visit, *, tried: Note | None = None, refused: Refused | None = None,
    status: int = 200,
) -> Response:
    """The desk; a note that something was ``tried`` on stands there, whoever answered meanwhile."""
    if visit.viewer is None or not visit.is_host:
        raise NotFound("page")
    after, langs = visit.request.query_params.get("short"), _asked_languages(visit)
    async with door.house.database.reads() as reads:
        waiting = await answering.waiting(reads, langs=langs, viewer=visit.viewer)
        short = await stamping.short_of_seals(
            reads, langs=langs, viewer=visit.viewer, after=after
        )
        counts = {tax.note_id: tax.stamps_count for tax, _ in short.items}
        # A greeting counts as the answer once the worker has seen it; its sender has already.
        done = visit.request.query_params.get("done")
        notes = [] if after else [note for _, note in waiting if str(note.id) != done]
        if tried is not None and tried.id not in {*counts, *(note.id for note in notes)}:
            notes.insert(0, tried)
        taxes = await stamping.taxes_among(reads, [note.id for note in notes])
        rows = await door.presenting.shown(reads, visit, notes)
        return rendering.page(
            visit, "desk.html", status=status, rows=rows, taxes=taxes,
            designs=seals.designs(visit.words), refused=refused, needed=STAMPS_FOR_KEEPSAKE,
            short=await door.presenting.shown(reads, visit, [note for _, note in short.items]),
            counts=counts, more=short.next_cursor, is_first=not after,
            every="every" in visit.request.query_params, times=await answering.times(reads),
            unread=await unread(reads, visit),
        )


async def greet(door: Door, visit: Visit) -> Response:
    """Greet a newcomer with one line, a comment; and put a seal on, where one is chosen.

    What cannot be taken stays in its form, on the desk it was written on.
    """
    assert visit.viewer is not None
    assert visit.reader is not None
    id_ = note_id(visit)
    async with form(visit.request) as fields:
        text, design = fields.text("text"), fields.text("design")
    try:
        door.posts.spend(str(visit.viewer))
        async with door.house.database.tx() as tx:
            if text.strip():
                await actions.comment(
                    tx, by=visit.viewer, to=id_, text=text, prior=visit.reader.reads
                )
            if design:
                await stamping.stamp(
                    tx, id_, by=visit.viewer, design=design, prior=visit.reader.reads
                )
    except CatflapError as error:
        if isinstance(error, NotFound) or not visit.is_host:
            raise
        async with door.house.database.reads() as reads:
            note = await queries.note(reads, id_, viewer=visit.viewer)
        page = await _desk(
            door, visit, tried=note, status=problems.status_of(error), refused=Refused(
                note=id_, text=text, error=problems.sentence(visit.words, error)
            ),
        )
        return problems.timed(page, error)
    every = "&every=1" if "every" in visit.request.query_params else ""
    return RedirectResponse(f"/desk?done={id_}{every}", status_code=303)
