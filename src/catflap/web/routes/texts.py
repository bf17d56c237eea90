"""One text of a note by itself: its translation, who made it, what would be better."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.ground.database import Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.notes import queries, translating
from catflap.notes.model import Note
from catflap.people import queries as people
from catflap.translation import queries as translation
from catflap.translation import suggesting
from catflap.translation.codes import CHINESE, ENGLISH, NAMES, UNKNOWN, Lang, canonical
from catflap.translation.errors import NotBilingual
from catflap.translation.model import Kept, TextKey
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities.said import credit
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.notes import note_id
from catflap.web.visit import Visit


def _key(visit: Visit) -> TextKey:
    return TextKey(visit.request.path_params["key"])


def _target(visit: Visit, kept: Kept, asked: str) -> Lang:
    """The language asked for, else the reader's own, else the first that the text is not in."""
    code = canonical(asked) if asked else UNKNOWN
    if code != UNKNOWN:
        return code
    if visit.reading.target != kept.lang:
        return visit.reading.target
    others = (*visit.reading.reads, *visit.house.ahead_languages, ENGLISH)
    return next((Lang(lang) for lang in others if lang != kept.lang), ENGLISH)


async def _found(reads: Reads, visit: Visit, *, asked: str) -> tuple[Note, Kept]:
    """The note, and its text with the rendition in the language asked for.

    Raises:
        NotFound: either is absent, or not for this reader.
    """
    key = _key(visit)
    note = await queries.note(reads, note_id(visit), viewer=visit.viewer)
    if key not in await translating.texts_of(reads, note):
        raise NotFound("text")
    kept = (await translation.kept(reads, [key], target=UNKNOWN)).get(key)
    if kept is None:
        raise NotFound("text")
    target = _target(visit, kept, asked)
    return note, (await translation.kept(reads, [key], target=target))[key]


async def about(door: Door, visit: Visit) -> Response:
    """A text with its translation, its history, and the ways to make it better."""
    return await _page(door, visit, asked=visit.request.query_params.get("to", ""))


async def _page(
    door: Door, visit: Visit, *, asked: str, error: str = "", written: str = "", status: int = 200
) -> Response:
    async with door.house.database.reads() as reads:
        note, kept = await _found(reads, visit, asked=asked)
        target = _target(visit, kept, asked)
        told = await suggesting.of_text(reads, kept.key, target=target)
        shown = kept.rendition
        ids = [one.by_id for one in told] + ([shown.by_id] if shown and shown.by_id else [])
        writers = await people.by_ids(reads, ids) if ids else {}
        author = await people.by_id(reads, note.author_id, viewer=visit.viewer)
        lexicon = door.house.lexicon
        glossed = CHINESE if kept.lang == ENGLISH else ENGLISH
        lines = lexicon.aid(kept.text, source=kept.lang, target=glossed)
        await door.house.glossaries.current(door.house.database)
        names = {id_: person.name for id_, person in writers.items()}
        said = door.presenting.said(visit, kept, names=names)
        is_author = await translating.is_only_author(
            reads, note, kept.key, viewer=visit.viewer
        ) if visit.viewer else False
        return rendering.page(
            visit, "text.html", status=status, note=note, author=author, kept=kept, said=said,
            target=target, suggestions=told, writers=writers, aid=lines, glossed=glossed,
            error=error, by=credit(shown, words=visit.words, names=names) if shown else "",
            written=written or (shown.text if shown and not shown.failed else ""),
            is_author=is_author,
            why_not="" if written else _why_not(visit, kept, target, is_author=is_author),
            languages=NAMES,
            hosts_needed=suggesting.HOSTS_NEEDED, unread=await unread(reads, visit),
            may_decide=visit.is_host,
        )


def _why_not(visit: Visit, kept: Kept, target: Lang, *, is_author: bool) -> str:
    """Why a signed-in reader cannot suggest anything here, "" where they can."""
    if visit.reader is None or suggesting.may_suggest(
        kept, target, reads=visit.reader.reads, is_author=is_author
    ):
        return ""
    return problems.sentence(visit.words, NotBilingual(source=kept.lang, target=target))


def _about(visit: Visit, target: str) -> Response:
    path = f"/n/{visit.request.path_params['id']}/texts/{_key(visit)}/about"
    return RedirectResponse(f"{path}?to={target}" if target else path, status_code=303)


async def suggest(door: Door, visit: Visit) -> Response:
    """Suggest a better translation; what cannot be taken stays in the form."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        text, target = fields.text("text"), canonical(fields.text("to"))
    try:
        door.posts.spend(str(visit.viewer))
        async with door.house.database.tx() as tx:
            await translating.suggest(
                tx, note_id(visit), _key(visit), target=target, text=text, by=visit.viewer
            )
    except NotFound:
        raise
    except CatflapError as error:
        return await _page(
            door, visit, asked=target, error=problems.sentence(visit.words, error), written=text,
            status=problems.status_of(error),
        )
    return _about(visit, target)


async def decide(door: Door, visit: Visit) -> Response:
    """Accept, undo or withdraw a suggestion."""
    assert visit.viewer is not None
    id_ = from_text(visit.request.path_params["suggestion"])
    verb = visit.request.path_params["verb"]
    async with form(visit.request) as fields:
        target = canonical(fields.text("to"))
    if id_ is None or verb not in ("accept", "undo", "withdraw"):
        raise NotFound("suggestion")
    note, key = note_id(visit), _key(visit)
    async with door.house.database.tx() as tx:
        if verb == "accept":
            await translating.accept(tx, note, key, id_, target=target, by=visit.viewer)
        elif verb == "undo":
            await translating.undo(tx, note, key, id_, target=target, by=visit.viewer)
        else:
            await suggesting.withdraw(tx, id_, by=visit.viewer)
    return _about(visit, target)


async def doubt(door: Door, visit: Visit) -> Response:
    """Say that a translation is wrong: one tap."""
    assert visit.viewer is not None
    door.posts.spend(str(visit.viewer))
    target = visit.reading.target
    async with door.house.database.tx() as tx:
        await translating.doubt(tx, note_id(visit), _key(visit), target=target, by=visit.viewer)
    if visit.wants_json:
        return rendering.json({"said": visit.words.gettext("Thank you. Hosts will look at it.")})
    return _about(visit, target)


async def language(door: Door, visit: Visit) -> Response:
    """Say what language a text really is in."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        lang = fields.text("lang")
    async with door.house.database.tx() as tx:
        await translating.claim_language(
            tx, note_id(visit), _key(visit), lang=lang, by=visit.viewer
        )
    return _about(visit, "")


async def aid(door: Door, visit: Visit) -> Response:
    """A text word by word, for a page on which somebody wants to read the original."""
    async with door.house.database.reads() as reads:
        _, kept = await _found(reads, visit, asked="")
    said = door.presenting.said(visit, kept, with_aid=False)
    glossed = CHINESE if kept.lang == ENGLISH else ENGLISH
    lines = door.house.lexicon.aid(kept.text, source=kept.lang, target=glossed)
    return rendering.html(
        visit,
        rendering.fragment(visit, "aid.html", lines=lines, lang=said.lang, glossed=glossed),
    )


async def newest(door: Door, visit: Visit) -> Response:
    """The text of a note that somebody last suggested a translation for; what notices lead to."""
    id_ = note_id(visit)
    async with door.house.database.reads() as reads:
        note = await queries.note(reads, id_, viewer=visit.viewer)
        found = await suggesting.newest_of(reads, await translating.texts_of(reads, note))
    if found is None:
        return RedirectResponse(f"/n/{id_}", status_code=303)
    path = f"/n/{id_}/texts/{found.text_key}/about?to={found.target}"
    return RedirectResponse(path, status_code=303)
