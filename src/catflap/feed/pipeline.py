"""The explore page as one sentence: candidates → hydrate → hide → score → rerank → explain."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

from catflap.feed import queries
from catflap.feed.model import Feed, Slot, Why
from catflap.feed.queries import Candidate
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.paging import cursor
from catflap.notes import queries as notes
from catflap.notes.model import Stamp, Visibility
from catflap.people import queries as people
from catflap.people.model import NEWCOMER_FOR, Hidden, PersonId

PAGE = 20
SPARE = 8
"""Candidates beyond a page, so that hiding some leaves a full page."""
IN_A_ROW = 1
"""Notes of one author that may stand next to each other."""


async def explore(
    reads: Reads, *, viewer: PersonId | None, after: str | None, format: str | None = None
) -> Feed:
    """A page of the explore feed. Five queries, whatever the page size."""
    found = await queries.warm(reads, after=after, count=PAGE + SPARE, format=format)
    stamps = await notes.stamps(reads, [candidate.note_id for candidate in found])
    hidden = await people.hidden_from(reads, viewer)
    kept, removed, last = _hide(found, stamps, viewer=viewer, hidden=hidden)
    ordered = _rerank(kept)
    followed = await people.followed_among(reads, viewer, [stamp.author_id for stamp in ordered])
    this_hour = clock.now().replace(minute=0, second=0, microsecond=0)
    new_here = await people.newcomers_among(
        reads, [stamp.author_id for stamp in ordered], since=this_hour - NEWCOMER_FOR
    )
    slots = [Slot(stamp=stamp, why=_why(stamp, followed, new_here)) for stamp in ordered]
    is_end = len(found) < PAGE + SPARE and (last is None or last is found[-1])
    more = None if is_end or last is None else cursor(last.warmth, last.note_id)
    return Feed(slots=slots, removed=removed, next_cursor=more)


def _hide(
    found: Sequence[Candidate],
    stamps: dict[int, Stamp],
    *,
    viewer: PersonId | None,
    hidden: Hidden,
) -> tuple[list[Stamp], dict[str, int], Candidate | None]:
    """A page of what the viewer sees, why others were removed, and the last candidate taken."""
    kept: list[Stamp] = []
    removed: Counter[str] = Counter()
    last: Candidate | None = None
    for candidate in found:
        if len(kept) == PAGE:
            break
        last = candidate
        stamp = stamps.get(candidate.note_id)
        if stamp is None or (stamp.visibility != Visibility.PUBLIC and stamp.author_id != viewer):
            removed["not_for_you"] += 1
        elif stamp.author_id in hidden.blocked:
            removed["blocked"] += 1
        elif stamp.author_id in hidden.muted:
            removed["muted"] += 1
        else:
            kept.append(stamp)
    return kept, dict(removed), last


def _rerank(stamps: Sequence[Stamp]) -> list[Stamp]:
    """The same notes, with an author's next one moved behind somebody else's where possible."""
    authors = [stamp.author_id for stamp in stamps]
    if all(one != other for one, other in itertools.pairwise(authors)):
        return list(stamps)
    waiting = list(stamps)
    ordered: list[Stamp] = []
    while waiting:
        recent = {stamp.author_id for stamp in ordered[-IN_A_ROW:]}
        place = next((i for i, s in enumerate(waiting) if s.author_id not in recent), 0)
        ordered.append(waiting.pop(place))
    return ordered


def _why(stamp: Stamp, followed: set[int], new_here: set[int]) -> Why:
    if stamp.author_id in followed:
        return Why.FOLLOWED
    if stamp.author_id in new_here:
        return Why.NEWCOMER
    return Why.WARM
