"""The threshold: what this place is, coming in, the queue, what one reads and likes; invitations.

One page and one form, so that four taps are enough on a phone and no script is needed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.access import actions, passwords
from catflap.arrivals import entering, interests, invitations, places, proving, valve
from catflap.arrivals.entering import Brought, Threshold
from catflap.arrivals.errors import InvitationSpent
from catflap.arrivals.model import Place
from catflap.arrivals.valve import Way
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.ids import from_text
from catflap.moderation import rules
from catflap.people import queries as people
from catflap.people.model import PersonId
from catflap.web import problems, rendering
from catflap.web.door import Door
from catflap.web.entities import reasons
from catflap.web.forms import Form, form
from catflap.web.routes.access import chosen_languages, languages_of, next_path, signed_in
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit
from catflap.words.catalogue import LOCALES, Words

PLACES_OFFERED = 8
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def tiles(words: Words, chosen: tuple[str, ...] = ()) -> list[tuple[str, str, bool]]:
    """The pictures to choose from, with what they show and whether they are chosen."""
    return [(one.value, name, one in chosen) for one, name in reasons.interests(words).items()]


def place_choices(
    door: Door, locale: str, chosen: Sequence[Place] = ()
) -> list[tuple[str, str, bool]]:
    """Places to choose from, what they are called, and whether they are chosen: own ones first."""
    own = [(one.written, reasons.place_name(locale, one), True) for one in chosen]
    taken = {one.place for one in chosen}
    named = door.feeding.named_places(PLACES_OFFERED + len(taken))
    offered = [
        (key, reasons.place_name(locale, Place(place=key, written=key)), False)
        for key in named if key not in taken
    ]
    return [*own, *offered[: max(0, PLACES_OFFERED - len(own))]]


def likely(words: Words, seconds: float) -> str:
    """A wait in few words, rounded up: nobody is told less than is likely."""
    _, n = words.gettext, words.ngettext
    whole = math.ceil(seconds)
    if whole < MINUTE_S:
        return _("within a minute")
    if whole <= 2 * HOUR_S - MINUTE_S:
        return n("about %(num)s minute", "about %(num)s minutes", -(-whole // MINUTE_S))
    if whole < 2 * DAY_S:
        return n("about %(num)s hour", "about %(num)s hours", -(-whole // HOUR_S))
    return n("about %(num)s day", "about %(num)s days", -(-whole // DAY_S))


async def _page(
    door: Door, visit: Visit, *, values: Mapping[str, str], error: str = "",
    chosen: tuple[str, ...], liked: tuple[str, ...] = (), near: tuple[str, ...] = (),
    status: int = 200,
) -> Response:
    async with door.house.database.reads() as reads:
        crowd = door.attempts.is_spent(f"join:{visit.household}")
        now = await entering.threshold(
            reads, door.house.settings, open_cases=door.house.open_cases, from_crowd=crowd
        )
        inviter = await _inviter(reads, values["code"]) if values["code"] else None
        norms = await rules.standing(reads)
        texts = await door.presenting.texts(
            reads, visit, [rule.text_key for rule in norms], with_aid=False
        )
        asked: dict[str, Any] = {}
        if now.proof_cost and not values["code"]:
            asked = msgspec.to_builtins(
                proving.challenge(key=_key(door), max_number=now.proof_cost)
            )
        return rendering.page(
            visit, "join.html", status=status, values=values, error=error, unread=0, now=now,
            languages=languages_of(visit, chosen), locales=LOCALES, tiles=tiles(visit.words, liked),
            places=place_choices(door, visit.locale, places.read(near)),
            rules=[(rule, texts[rule.text_key]) for rule in norms],
            people_count=await people.count(reads) - now.waiting, inviter=inviter,
            challenge=msgspec.json.encode(asked).decode() if asked else "",
        )


async def _inviter(reads: Reads, code: str) -> str:
    """The name of who gave out a code, "" for the house's own."""
    found = await invitations.standing(reads, code)
    if found.by_id is None:
        return ""
    return (await people.by_id(reads, PersonId(found.by_id), viewer=None)).name


def _key(door: Door) -> str:
    return door.house.seal.derived("proof of work").hex()


async def join_page(door: Door, visit: Visit) -> Response:
    """The threshold; languages are guessed from the browser, a code comes with the address."""
    guessed = visit.guessed or (visit.locale.split("-")[0],)
    values = {
        "handle": "", "email": "", "locale": visit.locale, "reason": "",
        "code": visit.request.path_params.get("code", ""),
    }
    try:
        return await _page(door, visit, values=values, chosen=guessed)
    except InvitationSpent as error:
        return await _page(
            door, visit, values={**values, "code": ""}, chosen=guessed,
            error=problems.sentence(visit.words, error), status=problems.status_of(error),
        )


async def by_code(door: Door, visit: Visit) -> Response:
    """From a code that somebody typed to its page, for browsers without scripts."""
    del door
    code = visit.request.query_params.get("code", "").strip()
    safe = code if code.isascii() and code.isalnum() else ""
    return RedirectResponse(f"/join/{safe}".rstrip("/"), status_code=303)


async def join(door: Door, visit: Visit) -> Response:
    """Sign up in one step: into the place, or into its queue."""
    async with form(visit.request) as fields:
        values = {name: fields.text(name) for name in ("handle", "email", "reason", "code")}
        locale = fields.text("locale") if fields.text("locale") in LOCALES else visit.locale
        chosen = chosen_languages(fields) or (locale.split("-")[0],)
        to = next_path(visit, fields)
        try:
            person, is_in = await _joined(door, visit, fields, locale=locale, reads=chosen)
        except CatflapError as error:
            if isinstance(error, InvitationSpent):
                values["code"] = ""
            page = await _page(
                door, visit, values={**values, "locale": locale}, chosen=chosen,
                liked=tuple(fields.texts("likes")), near=tuple(fields.texts("near")),
                error=problems.sentence(visit.words, error), status=problems.status_of(error),
            )
            return problems.timed(page, error)
    return await signed_in(door, visit, person, to if is_in else "/waiting")


async def _joined(
    door: Door, visit: Visit, fields: Form, *, locale: str, reads: tuple[str, ...]
) -> tuple[PersonId, bool]:
    settings = door.house.settings
    entering.must_be_open(Way(settings.registrations), code=fields.text("code"))
    from_crowd = door.attempts.is_spent(f"join:{visit.household}")
    if not from_crowd:
        door.attempts.spend(f"join:{visit.household}")
    checked = passwords.checked(fields.text("password"), handle=fields.text("handle"))
    address = actions.checked_email(fields.text("email"))
    password_hash = await passwords.hashed(checked)
    async with door.house.database.reads() as before:
        now = await entering.threshold(before, settings, open_cases=door.house.open_cases)
    async with door.house.database.tx() as tx:
        person = await actions.sign_up(
            tx, handle=fields.text("handle"), password_hash=password_hash, email=address,
            locale=locale, reads=reads, seal=door.house.seal,
        )
        await interests.choose(tx, person, fields.texts("likes"))
        await places.choose(tx, person, fields.texts("near"))
        is_in = await entering.come_in(
            tx, person,
            Brought(
                code=fields.text("code"), proof=fields.text("altcha"),
                reason=fields.text("reason"), email=address, from_crowd=from_crowd,
            ),
            now=now, key=_key(door),
        )
    return person, is_in


async def waiting(door: Door, visit: Visit) -> Response:
    """One's place in the queue; the page asks again by itself."""
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        now = await entering.threshold(
            reads, door.house.settings, open_cases=door.house.open_cases
        )
        place = await valve.place(reads, visit.viewer, way=now.way, per_hour=now.per_hour)
        wait = ""
        if place is not None and place.likely_s is not None:
            wait = likely(visit.words, place.likely_s)
        return rendering.page(
            visit, "waiting.html", place=place, now=now, likely=wait,
            has_mail=bool(door.house.settings.smtp_url), unread=await unread(reads, visit),
        )


async def interests_page(door: Door, visit: Visit) -> Response:
    """What one reads and likes, to change."""
    assert visit.viewer is not None
    async with door.house.database.reads() as reads:
        chosen = await interests.of(reads, visit.viewer)
        return rendering.page(
            visit, "interests.html", tiles=tiles(visit.words, chosen),
            unread=await unread(reads, visit),
        )


async def choose_interests(door: Door, visit: Visit) -> Response:
    """Change what one reads and likes."""
    assert visit.viewer is not None
    async with form(visit.request) as fields, door.house.database.tx() as tx:
        await interests.choose(tx, visit.viewer, fields.texts("likes"))
    door.feeding.forget(visit.viewer)
    return RedirectResponse("/settings/interests?saved=1", status_code=303)


async def invitation_list(door: Door, visit: Visit) -> Response:
    """One's invitations, and the form for another; for hosts and operators."""
    return await _invitations(door, visit)


async def _invitations(
    door: Door, visit: Visit, *, error: str = "", status: int = 200
) -> Response:
    if visit.viewer is None or not (visit.is_host or visit.is_operator):
        raise NotFound("page")
    async with door.house.database.reads() as reads:
        return rendering.page(
            visit, "invitations.html", status=status, error=error,
            found=await invitations.mine(reads, visit.viewer),
            now=clock.now(), address=door.house.settings.address(),
            unread=await unread(reads, visit),
        )


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def invite(door: Door, visit: Visit) -> Response:
    """Make an invitation."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        try:
            async with door.house.database.tx() as tx:
                await invitations.make(
                    tx, by=visit.viewer, uses=_count(fields.text("uses")),
                    days=_count(fields.text("days")), is_operator=visit.is_operator,
                )
        except CatflapError as error:
            return await _invitations(
                door, visit, error=problems.sentence(visit.words, error),
                status=problems.status_of(error),
            )
    return RedirectResponse("/invitations", status_code=303)


async def uninvite(door: Door, visit: Visit) -> Response:
    """Take an invitation back."""
    assert visit.viewer is not None
    id_ = from_text(visit.request.path_params["id"])
    async with door.house.database.tx() as tx:
        await invitations.withdraw(tx, id_ or 0, by=visit.viewer)
    return RedirectResponse("/invitations", status_code=303)


def way_in(words: Words, now: Threshold) -> str:
    """How people come in now, in a sentence for operators."""
    _ = words.gettext
    return {
        Way.OPEN: _("Everybody may come in."),
        Way.VALVED: _("The valve lets in %(num)s in any hour at most.", num=now.per_hour),
        Way.INVITATION: _("People come in by invitation."),
        Way.APPROVAL: _("People come in by an operator’s word."),
        Way.CLOSED: _("Nobody can come in."),
    }[now.way]
