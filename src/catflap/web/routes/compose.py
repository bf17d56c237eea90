"""Writing: publishing, editing, drafts, uploads."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.arrivals import stamping
from catflap.arrivals.errors import StampRefused, TaxPaid
from catflap.ground.database import Reads, Tx
from catflap.ground.errors import CatflapError, NotAllowed, NotFound, TooMany
from catflap.ground.ids import from_text
from catflap.media import limits
from catflap.media import queries as media
from catflap.media.model import Media, MediaId
from catflap.media.uploading import on_disk
from catflap.notes import actions, drafts, queries, quoting
from catflap.notes.model import DraftId, Format, NoteId, QuotableBy, Visibility, Written
from catflap.translation import queries as translation
from catflap.translation.codes import NAMES, UNKNOWN
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities import shown
from catflap.web.entities.shown import QuoteShown
from catflap.web.forms import Form, form
from catflap.web.routes.explore import unread
from catflap.web.routes.notes import must_be_in, note_id
from catflap.web.visit import Visit

_SEPARATORS = re.compile(r"[\s,，、;；#＃]+")


def _written(fields: Form) -> Written:
    visibility = fields.text("visibility")
    chosen = fields.text("format")
    return Written(
        title=fields.text("title"), body=fields.text("body"), place=fields.text("place"),
        warning=fields.text("warning"),
        tags=tuple(tag for tag in _SEPARATORS.split(fields.text("tags")) if tag),
        visibility=Visibility(visibility) if visibility in set(Visibility) else Visibility.PUBLIC,
        format=Format(chosen) if chosen in set(Format) else None, lang=fields.text("lang"),
    )


def _values(fields: Form) -> dict[str, str]:
    return {name: fields.text(name) for name in drafts.FIELDS}


async def _take_media(door: Door, visit: Visit, fields: Form, *, into: list[MediaId]) -> None:
    """Media named by the form, then files that came with it (where no script uploaded them).

    They go ``into`` a list one by one, so that a file that is refused loses none before it. Where
    they are too many, none is made: that costs seconds each, and nothing would come of it.

    Raises:
        TooMany: for one note.
    """
    assert visit.viewer is not None
    into += [MediaId(id_) for text in fields.texts("media") if (id_ := from_text(text))]
    files = fields.files("files")
    if len(into) + len(files) > limits.PHOTOS_PER_NOTE:
        count = len(into) + len(files)
        raise TooMany("photos", count=count, limit=limits.PHOTOS_PER_NOTE)
    for upload in files:
        with on_disk(upload) as path:
            into.append(await door.house.uploads.take(path, owner=visit.viewer))


def _quotable_by(fields: Form) -> QuotableBy:
    chosen = fields.text("quotable_by")
    return QuotableBy(chosen) if chosen in set(QuotableBy) else QuotableBy.PUBLIC


async def _quoted(door: Door, visit: Visit, reads: Reads, text: str) -> QuoteShown | None:
    """What the form is about to quote, while it can be."""
    id_ = from_text(text)
    if id_ is None:
        return None
    with contextlib.suppress(NotFound):
        note = await queries.note(reads, NoteId(id_), viewer=visit.viewer)
        return await door.presenting.quoted(reads, visit, note)
    return None


async def _page(
    door: Door, visit: Visit, reads: Reads, *, values: dict[str, str], ids: list[MediaId],
    error: str = "", draft: str = "", editing: str = "", is_comment: bool = False,
    status: int = 200,
) -> Response:
    assert visit.viewer is not None
    try:
        items = await media.mine(reads, ids, viewer=visit.viewer)
    except NotFound:
        items = []
    alts = await translation.kept(reads, [i.alt_key for i in items], target=UNKNOWN)
    chosen: list[dict[str, Any]] = []
    for item in items:
        alt = values.get(f"alt_{item.id}") or (
            alts[item.alt_key].text if item.alt_key in alts else ""
        )
        chosen.append({**_upload(item), "alt": alt})
    return rendering.page(
        visit, "compose.html", status=status, values=values, media=chosen, error=error,
        draft=draft, editing=editing, is_comment=is_comment, unread=await unread(reads, visit),
        owes_tax=await _owes_tax(reads, visit, editing=editing), languages=NAMES,
        quote=await _quoted(door, visit, reads, values.get("quote", "")),
    )


async def _owes_tax(reads: Reads, visit: Visit, *, editing: str) -> bool:
    """Whether the composer offers that a photo be the writer's cat tax."""
    if visit.viewer is None or not visit.is_newcomer or editing:
        return False
    return await stamping.of_person(reads, visit.viewer) is None


def _upload(item: Media) -> dict[str, Any]:
    cover = shown.cover(item, alt=None)
    return {
        "id": str(item.id), "kind": item.kind, "state": item.state,
        "progress": round(item.progress_ratio * 100),
        "preview": cover.sizes[0].webp if cover else "",
    }


async def new(door: Door, visit: Visit) -> Response:
    """The form for a new note, perhaps from a draft."""
    assert visit.viewer is not None
    if visit.reader is not None and visit.reader.waits:
        return RedirectResponse("/waiting", status_code=303)
    values: dict[str, str] = dict.fromkeys(drafts.FIELDS, "")
    values["format"] = visit.request.query_params.get("format", "")
    values["tags"] = visit.request.query_params.get("tag", "")
    values["quote"] = visit.request.query_params.get("quote", "")
    values["quotable_by"] = visit.reader.post_quotable_by if visit.reader is not None else ""
    ids: list[MediaId] = []
    draft = from_text(visit.request.query_params.get("draft", ""))
    async with door.house.database.reads() as reads:
        if draft is not None:
            found = await queries.draft(reads, DraftId(draft), viewer=visit.viewer)
            values |= found.fields
            ids = [MediaId(int(id_)) for id_ in found.media]
        return await _page(
            door, visit, reads, values=values, ids=ids, draft=str(draft) if draft else ""
        )


async def _publish(
    tx: Tx, visit: Visit, fields: Form, *, ids: list[MediaId], alts: dict[int, str]
) -> NoteId:
    """Publish what the form says, with what it quotes and who may quote it."""
    assert visit.reader is not None
    by, written = visit.reader.id, _written(fields)
    quoted = from_text(fields.text("quote"))
    if quoted is not None:
        about = await quoting.quotable(tx, NoteId(quoted), by=by)
        written = msgspec.structs.replace(
            written, visibility=quoting.narrowed(written.visibility, about)
        )
    id_ = await actions.post(
        tx, by=by, written=written, media_ids=ids, alts=alts, prior=visit.reader.reads
    )
    if (whom := _quotable_by(fields)) is not QuotableBy.PUBLIC:
        await quoting.let(tx, id_, by=by, whom=whom)
    if quoted is not None:
        await quoting.quote(tx, id_, quoted=NoteId(quoted), by=by)
    return id_


async def publish(door: Door, visit: Visit) -> Response:
    """Publish a note, or keep it as a draft. What cannot be published stays in the form."""
    assert visit.viewer is not None
    assert visit.reader is not None
    ids: list[MediaId] = []
    async with form(visit.request, with_files=True) as fields:
        values, draft = _values(fields), from_text(fields.text("draft_id"))
        try:
            must_be_in(visit)
            door.posts.spend(str(visit.viewer))
            await _take_media(door, visit, fields, into=ids)
            alts = {int(k): v for k, v in fields.starting("alt_").items() if from_text(k)}
            async with door.house.database.tx() as tx:
                if fields.text("save"):
                    await drafts.save(
                        tx, by=visit.viewer, draft=DraftId(draft) if draft else None,
                        fields=values | {f"alt_{k}": v for k, v in alts.items()}, media_ids=ids,
                    )
                    return RedirectResponse("/drafts", status_code=303)
                id_ = await _publish(tx, visit, fields, ids=ids, alts=alts)
                if fields.text("pays_tax") and ids:
                    # What is for few, or a second one, is a note like any other.
                    with contextlib.suppress(StampRefused, TaxPaid):
                        await stamping.pay(tx, id_, by=visit.viewer)
                if draft:
                    await drafts.drop(tx, DraftId(draft), by=visit.viewer)
        except CatflapError as error:
            sentence = problems.sentence(visit.words, error)
            async with door.house.database.reads() as reads:
                pays = {"pays_tax": fields.text("pays_tax") or "no"}
                page = await _page(
                    door, visit, reads, values=values | pays, ids=ids, error=sentence,
                    draft=str(draft or ""), status=problems.status_of(error),
                )
                return problems.timed(page, error)
    return RedirectResponse(f"/@{visit.reader.handle}/{id_}", status_code=303)


async def edit_page(door: Door, visit: Visit) -> Response:
    """The form for saying something differently."""
    assert visit.viewer is not None
    id_ = note_id(visit)
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, id_, viewer=visit.viewer)
        if note.author_id != visit.viewer:
            raise NotAllowed("edit")
        kept = await translation.kept(reads, note.keys(), target=UNKNOWN)
        items = (await media.of_notes(reads, [id_])).get(id_, [])
        values = {
            name: kept[key].text if key in kept else ""
            for name, key in (
                ("title", note.title_key), ("body", note.body_key), ("place", note.place_key),
                ("warning", note.warning_key),
            )
        }
        values |= {
            "tags": " ".join(note.tags), "visibility": note.visibility, "format": note.format,
            "lang": "", "quote": "", "quotable_by": note.quotable_by,
        }
        return await _page(
            door, visit, reads, values=values, ids=[item.id for item in items],
            editing=str(id_), is_comment=note.root_id is not None,
        )


async def edit(door: Door, visit: Visit) -> Response:
    """Say something differently."""
    assert visit.viewer is not None
    assert visit.reader is not None
    id_ = note_id(visit)
    ids: list[MediaId] = []
    async with form(visit.request, with_files=True) as fields:
        try:
            await _take_media(door, visit, fields, into=ids)
            alts = {int(k): v for k, v in fields.starting("alt_").items() if from_text(k)}
            async with door.house.database.tx() as tx:
                await actions.edit(
                    tx, id_, by=visit.viewer, written=_written(fields), media_ids=ids, alts=alts,
                    prior=visit.reader.reads,
                )
                if fields.text("quotable_by"):
                    await quoting.let(tx, id_, by=visit.viewer, whom=_quotable_by(fields))
        except (NotFound, NotAllowed):
            raise
        except CatflapError as error:
            sentence = problems.sentence(visit.words, error)
            async with door.house.database.reads() as reads:
                page = await _page(
                    door, visit, reads, values=_values(fields), ids=ids, error=sentence,
                    editing=str(id_), status=problems.status_of(error),
                )
                return problems.timed(page, error)
    return RedirectResponse(f"/n/{id_}", status_code=303)


async def draft_list(door: Door, visit: Visit) -> Response:
    """One's drafts."""
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        found = await queries.drafts_of(reads, visit.viewer)
        return rendering.page(
            visit, "drafts.html", drafts=found, unread=await unread(reads, visit)
        )


async def save_draft(door: Door, visit: Visit) -> Response:
    """Keep a draft; what the composer does by itself while one writes."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        draft = from_text(fields.text("draft_id"))
        ids = [MediaId(id_) for text in fields.texts("media") if (id_ := from_text(text))]
        alts = {f"alt_{k}": v for k, v in fields.starting("alt_").items() if from_text(k)}
        async with door.house.database.tx() as tx:
            id_ = await drafts.save(
                tx, by=visit.viewer, draft=DraftId(draft) if draft else None,
                fields=_values(fields) | alts, media_ids=ids,
            )
    if visit.wants_json:
        return rendering.json({"id": str(id_)})
    return RedirectResponse("/drafts", status_code=303)


async def drop_draft(door: Door, visit: Visit) -> Response:
    """Delete a draft."""
    assert visit.viewer is not None
    async with door.house.database.tx() as tx:
        await drafts.drop(tx, DraftId(note_id(visit)), by=visit.viewer)
    return RedirectResponse("/drafts", status_code=303)


async def upload(door: Door, visit: Visit) -> Response:
    """Take one file; the answer says what became of it."""
    assert visit.viewer is not None
    must_be_in(visit)
    door.posts.spend(str(visit.viewer))
    async with form(visit.request, with_files=True) as fields:
        files = fields.files("file")
        if not files:
            raise problems.FormInvalid
        with on_disk(files[0]) as path:
            id_ = await door.house.uploads.take(path, owner=visit.viewer)
    async with door.house.database.reads() as reads:
        item = (await media.mine(reads, [id_], viewer=visit.viewer))[0]
    return rendering.json(_upload(item), status=201)


async def upload_state(door: Door, visit: Visit) -> Response:
    """How far the making of one's file is."""
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        found = await media.mine(reads, [MediaId(note_id(visit))], viewer=visit.viewer)
    return rendering.json(_upload(found[0]))
