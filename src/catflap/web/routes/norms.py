"""The community's rules, for everybody in their language, and for operators to write.

Also the one address where a text of the community's own is asked for again once it is translated.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.moderation import announcements, charter, rules
from catflap.translation import queries as translation
from catflap.translation.codes import UNKNOWN
from catflap.translation.model import TextKey
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.routes.notes import said_again
from catflap.web.visit import Visit

MOVES = {"up": -1, "down": 1}


def operators_only(visit: Visit) -> tuple[str, ...]:
    """Let nobody else past; the answer is what languages this operator reads.

    Raises:
        NotFound: the reader runs nothing here.
    """
    if not visit.is_operator or visit.reader is None:
        raise NotFound("page")
    return visit.reader.reads


def path_id(visit: Visit, thing: str) -> int:
    """The number a path names.

    Raises:
        NotFound: it is none.
    """
    found = from_text(visit.request.path_params["id"])
    if found is None:
        raise NotFound(thing)
    return found


async def show(door: Door, visit: Visit) -> Response:
    """The rules."""
    return await _page(door, visit)


async def _page(
    door: Door, visit: Visit, *, error: str = "", written: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    async with door.house.database.reads() as reads:
        found = await rules.standing(reads)
        keys = [key for rule in found for key in (rule.text_key, rule.hint_key)]
        texts = await door.presenting.texts(reads, visit, keys)
        originals = await translation.kept(reads, keys, target=UNKNOWN) if (
            visit.is_operator
        ) else {}
        return rendering.page(
            visit, "rules.html", status=status, error=error, originals=originals,
            rules=[(r, texts[r.text_key], texts.get(r.hint_key)) for r in found],
            written=written or {"text": "", "hint": ""}, unread=await unread(reads, visit),
        )


async def add(door: Door, visit: Visit) -> Response:
    """A new rule; what cannot be taken stays in the form."""
    prior = operators_only(visit)
    async with form(visit.request) as fields:
        written = {"text": fields.text("text"), "hint": fields.text("hint")}
    try:
        async with door.house.database.tx() as tx:
            await rules.add(tx, text=written["text"], hint=written["hint"], prior=prior)
    except CatflapError as error:
        return await _page(
            door, visit, error=problems.sentence(visit.words, error), written=written,
            status=problems.status_of(error),
        )
    return RedirectResponse("/rules", status_code=303)


async def change(door: Door, visit: Visit) -> Response:
    """Say a rule differently, move it, or withdraw it."""
    prior = operators_only(visit)
    id_ = path_id(visit, "rule")
    async with form(visit.request) as fields:
        deed, text, hint = fields.text("deed"), fields.text("text"), fields.text("hint")
    async with door.house.database.tx() as tx:
        if deed in MOVES:
            await rules.move(tx, id_, by=MOVES[deed])
        elif deed == "withdraw":
            await rules.withdraw(tx, id_)
        else:
            await rules.write(tx, id_, text=text, hint=hint, prior=prior)
    return RedirectResponse("/rules", status_code=303)


async def words(door: Door, visit: Visit) -> Response:
    """A text of the community's own again, for a page that waits for its translation."""
    key = TextKey(visit.request.path_params["key"])
    async with door.house.database.reads() as reads:
        for room in (rules, charter, announcements):
            if await room.holds(reads, key):
                return await said_again(
                    door, visit, reads, key, name="house", at=f"/words/{key}"
                )
    raise NotFound("text")
