"""What happens in the demo besides notes: rules, seals, invitations, reports, edits of terms.

Each has its day, as a note has, and comes to pass between the notes of the days around it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from catflap.arrivals import invitations, stamping
from catflap.demo.scripts import (
    Announcement,
    Community,
    Edit,
    Invitation,
    Report,
    Seal,
)
from catflap.ground.database import Tx
from catflap.moderation import announcements, charter, deciding, reporting, rules
from catflap.moderation import cases as judged
from catflap.moderation.model import CaseId, Page
from catflap.notes.model import NoteId
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation import glossary, glossing
from catflap.translation.codes import CHINESE, ENGLISH, Lang
from catflap.translation.model import NO_TEXT, Meaning, Origin, key_of, normalised

Happening = Announcement | Seal | Invitation | Report | Edit


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Who and what is there by name: people by handle, notes by key, their languages."""

    people: Mapping[str, PersonId]
    notes: dict[str, NoteId]
    reads: Mapping[str, Sequence[str]]


async def remember(tx: Tx, text: str, other: str, *, lang: str) -> None:
    """Put a human translation into memory."""
    key, words = key_of(normalised(text)), normalised(other)
    if key != NO_TEXT and words:
        target = Lang("zh" if lang == "en" else "en")
        await translation.render(tx, key, target=target, text=words, origin=Origin.MEMORY)


def in_order(community: Community) -> Iterator[Happening]:
    """Everything that has a day, the longest ago first."""
    every: list[Happening] = [
        *community.announcement, *community.seal, *community.invitation, *community.report,
        *community.edit,
    ]
    yield from sorted(every, key=lambda one: -one.day)


async def found_house(tx: Tx, community: Community) -> None:
    """The rules and the words about the house, from before anybody wrote."""
    about = community.about
    await charter.write(tx, Page.ABOUT, text=about.text, prior=(about.lang,))
    await remember(tx, about.text, about.tr, lang=about.lang)
    for rule in community.rule:
        await rules.add(tx, text=rule.text, hint=rule.hint, prior=(rule.lang,))
        await remember(tx, rule.text, rule.tr, lang=rule.lang)
        await remember(tx, rule.hint, rule.hint_tr, lang=rule.lang)


async def happen(tx: Tx, one: Happening, place: Place, *, today: datetime) -> None:
    """Let one thing come to pass, at the moment that the clock shows."""
    if isinstance(one, Announcement):
        await _announce(tx, one, today=today)
    elif isinstance(one, Seal):
        await stamping.stamp(
            tx, place.notes[one.note], by=place.people[one.by], design=one.design,
            words=one.words, prior=(one.lang,),
        )
        await remember(tx, one.words, one.tr, lang=one.lang)
    elif isinstance(one, Invitation):
        made = await invitations.make(
            tx, by=place.people[one.by], uses=one.uses, days=one.days
        )
        for handle in one.came:
            await invitations.use(tx, made.code, person=place.people[handle])
    elif isinstance(one, Report):
        await _report(tx, one, place)
    else:
        await _edit(tx, one, by=place.people[one.by])


async def _announce(tx: Tx, one: Announcement, *, today: datetime) -> None:
    starts_at = ends_at = None
    if one.starts_in is not None:
        starts_at = (today + timedelta(days=one.starts_in)).replace(
            hour=one.hour, minute=0, second=0, microsecond=0
        )
        ends_at = starts_at + timedelta(minutes=one.minutes)
    await announcements.make(
        tx, text=one.text, starts_at=starts_at, ends_at=ends_at, prior=(one.lang,)
    )
    await remember(tx, one.text, one.tr, lang=one.lang)


async def _report(tx: Tx, one: Report, place: Place) -> None:
    about = place.people[one.about]
    norms = await rules.standing(tx)
    await reporting.report(
        tx, by=place.people[one.by], about=about, message=one.message, prior=(one.lang,),
        notes=[place.notes[key] for key in one.notes], rules=[norms[one.rule - 1].id],
    )
    await remember(tx, one.message, one.tr, lang=one.lang)
    if not one.resolved_by:
        return
    case = await judged.open_about(tx, about)
    assert case is not None
    await _resolve(tx, case, one, by=place.people[one.resolved_by],
                   prior=place.reads[one.resolved_by])


async def _resolve(
    tx: Tx, case: CaseId, one: Report, *, by: PersonId, prior: Sequence[str]
) -> None:
    await deciding.assign(tx, case, by=by)
    await deciding.resolve(tx, case, by=by, remark=one.remark, prior=prior)
    await remember(tx, one.remark, one.remark_tr, lang=prior[0])


async def _edit(tx: Tx, one: Edit, *, by: PersonId) -> None:
    term = next(
        entry for entry in await glossary.entries(tx)
        if entry.lang == CHINESE and entry.term == one.term
    )
    await glossing.change(
        tx, term.id, by=by,
        written=glossing.Written(
            lang=term.lang, term=term.term, variants=term.variants, note=term.note,
            meanings=[Meaning(target=ENGLISH, rendering=one.meaning, note=one.note)],
        ),
    )
