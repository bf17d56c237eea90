"""The form behind every "Report": about a note, a comment or a person; it needs no scripts."""

from __future__ import annotations

from starlette.responses import Response

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.moderation import reporting, rules
from catflap.moderation.model import Category
from catflap.notes.model import Note
from catflap.people import queries as people
from catflap.people.errors import NotYourself
from catflap.people.model import Person
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities.shown import person_link
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit


async def _about(reads: Reads, visit: Visit) -> tuple[Person, Note | None]:
    """Whom and what a path is about, whoever blocks whom.

    Raises:
        NotFound: nobody, or no note that was ever for the reader.
        NotYourself: the reader.
    """
    assert visit.viewer is not None
    handle = visit.request.path_params.get("handle")
    note = None
    if handle is not None:
        person = await people.by_handle(reads, handle, viewer=None)
    else:
        id_ = from_text(visit.request.path_params["id"])
        if id_ is None:
            raise NotFound("note")
        note = await reporting.reportable(reads, id_, viewer=visit.viewer)
        person = await people.by_id(reads, note.author_id, viewer=None)
    if person.id == visit.viewer:
        raise NotYourself("report")
    return person, note


async def ask(door: Door, visit: Visit) -> Response:
    """The form."""
    return await _page(door, visit)


async def _page(
    door: Door, visit: Visit, *, error: str = "", category: str = "", chosen: frozenset[int] =
    frozenset(), message: str = "", status: int = 200,
) -> Response:
    async with door.house.database.reads() as reads:
        person, note = await _about(reads, visit)
        found = await rules.standing(reads)
        keys = [rule.text_key for rule in found]
        about = (note.warning_key or note.title_key or note.body_key) if note else None
        texts = await door.presenting.texts(
            reads, visit, [*keys, *([about] if about else [])], with_aid=False
        )
        return rendering.page(
            visit, "report.html", status=status, error=error, category=category, chosen=chosen,
            message=message, person=person_link(person, now=clock.now()), note=note,
            quoted=texts.get(about) if about else None,
            rules=[(rule, texts[rule.text_key]) for rule in found],
            unread=await unread(reads, visit),
        )


async def report(door: Door, visit: Visit) -> Response:
    """Report; what cannot be taken stays in the form."""
    assert visit.viewer is not None
    assert visit.reader is not None
    async with form(visit.request) as fields:
        category, message = fields.text("category"), fields.text("message")
        named = [id_ for text in fields.texts("rule") if (id_ := from_text(text)) is not None]
    kind = Category(category) if category in set(Category) else Category.OTHER
    try:
        async with door.house.database.tx() as tx:
            person, note = await _about(tx, visit)
            await reporting.report(
                tx, by=visit.viewer, about=person.id, notes=[note.id] if note else [],
                rules=named if kind is Category.VIOLATION else [], category=kind,
                message=message, prior=visit.reader.reads,
            )
    except CatflapError as error:
        if isinstance(error, NotFound):
            raise
        answer = await _page(
            door, visit, error=problems.sentence(visit.words, error), category=category,
            chosen=frozenset(named), message=message, status=problems.status_of(error),
        )
        return problems.timed(answer, error)
    async with door.house.database.reads() as reads:
        relation = await people.relation(reads, viewer=visit.viewer, person=person.id)
        return rendering.page(
            visit, "reported.html", person=person_link(person, now=clock.now()),
            relation=relation, unread=await unread(reads, visit),
        )
