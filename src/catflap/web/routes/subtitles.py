"""Subtitles of a note's video: files that its author brings, tracks that players show."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.ground.errors import NotFound
from catflap.media import subtitles as media_subtitles
from catflap.media.errors import Reason, SubtitlesInvalid
from catflap.media.subtitling import FILE_MAX_BYTES
from catflap.notes import queries as notes
from catflap.notes import subtitles
from catflap.translation import queries as translation
from catflap.translation.codes import Lang, canonical
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.forms import form
from catflap.web.rendering import SECURITY
from catflap.web.routes.notes import note_id
from catflap.web.visit import Visit


async def put(door: Door, visit: Visit) -> Response:
    """Take a file of subtitles in a language."""
    assert visit.viewer is not None
    door.posts.spend(str(visit.viewer))
    async with form(visit.request, with_files=True) as fields:
        files, lang = fields.files("subtitles"), fields.text("lang")
        if not files:
            raise SubtitlesInvalid(line=0, reason=Reason.NO_CUES)
        raw = await files[0].read(FILE_MAX_BYTES + 1)
    async with door.house.database.tx() as tx:
        await subtitles.put(tx, note_id(visit), raw, lang=lang, by=visit.viewer)
    return RedirectResponse(f"/n/{note_id(visit)}", status_code=303)


async def drop(door: Door, visit: Visit) -> Response:
    """Take the subtitles of a language away."""
    assert visit.viewer is not None
    lang = canonical(visit.request.path_params["lang"])
    async with door.house.database.tx() as tx:
        await subtitles.drop(tx, note_id(visit), lang=lang, by=visit.viewer)
    return RedirectResponse(f"/n/{note_id(visit)}", status_code=303)


async def coming(door: Door, visit: Visit) -> Response:
    """The translated track in the list of a video's, for a page that waits for it."""
    async with door.house.database.reads() as reads:
        note = await notes.note(reads, note_id(visit), viewer=visit.viewer)
        shown = await door.presenting.shown(
            reads, visit, [note], as_written=note.author_id == visit.viewer
        )
    video = shown[0].video if shown else None
    if video is None:
        raise NotFound("subtitles")
    made = next((one for one in video.subtitles if not one.is_own), None)
    return rendering.html(
        visit, rendering.fragment(visit, "track.html", one=video.coming or made, note=note.id)
    )


async def track(door: Door, visit: Visit) -> Response:
    """A language's subtitles as WebVTT: the author's own, else the first ones translated."""
    lang = canonical(visit.request.path_params["lang"])
    async with door.house.database.reads() as reads:
        found = await subtitles.tracks(reads, note_id(visit), viewer=visit.viewer)
        chosen = next((one for one in found if one.lang == lang), None) or next(iter(found), None)
        if chosen is None:
            raise NotFound("subtitles")
        kept = await translation.kept(reads, [chosen.text_key], target=Lang(lang))
    item = kept.get(chosen.text_key)
    text = ""
    if item is not None and chosen.lang == lang:
        text = item.text
    elif item is not None and item.rendition is not None and not item.rendition.failed:
        text = item.rendition.text
    made = media_subtitles.shown(chosen, text)
    if not text or not made:
        raise NotFound("subtitles")
    headers = {**SECURITY, "cache-control": "private, no-cache"}
    return Response(made, headers=headers, media_type="text/vtt; charset=utf-8")
