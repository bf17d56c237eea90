"""The explore pages, each as one sentence: candidates → hydrate → hide → rerank → explain.

`explore` is warm and the same for everybody, `latest` is by time, `for_you` is composed for one
reader (`personal`) and goes on, where that ends, as `explore` does.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import msgspec

from catflap.feed import queries, wishes
from catflap.feed.feeding import Feeding
from catflap.feed.model import Feed, ShownSlot, Slot, Why
from catflap.feed.queries import Candidate
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.paging import cursor, position
from catflap.notes import queries as notes
from catflap.notes import timelines
from catflap.notes.model import Stamp, Visibility
from catflap.notes.timelines import Span
from catflap.people import queries as people
from catflap.people.model import NEWCOMER_FOR, Hidden, PersonId, Reader

if TYPE_CHECKING:
    from catflap.feed.personal import Composed, Composer, Own

PAGE = 20
SPARE = 8
"""Candidates beyond a page, so that hiding some leaves a full page."""
TAIL = -1
"""In the log, the source of what stood behind a composed list."""
_LIST, _TAIL = 1, 2
"""What a cursor of `for_you` is a place in."""
IN_A_ROW = 1
"""Notes of one author that may stand next to each other."""


async def explore(
    reads: Reads, *, viewer: PersonId | None, after: str | None, format: str | None = None
) -> Feed:
    """A page of the explore feed. Five queries, whatever the page size."""
    found = await queries.warm(reads, after=after, count=PAGE + SPARE, format=format)
    return await _explained(reads, found, viewer=viewer, wanted=PAGE, asked=PAGE + SPARE)


async def _explained(
    reads: Reads, found: Sequence[Candidate], *, viewer: PersonId | None, wanted: int, asked: int,
    without: Collection[int] = (),
) -> Feed:
    """What a viewer sees of warm candidates, ``wanted`` at most of the ``asked``, and why."""
    stamps = await notes.stamps(reads, [candidate.note_id for candidate in found])
    hidden = await people.hidden_from(reads, viewer)
    kept, removed, last = _hide(
        found, stamps, viewer=viewer, hidden=hidden, wanted=wanted, without=without
    )
    ordered = _rerank(kept)
    followed = await people.followed_among(reads, viewer, [stamp.author_id for stamp in ordered])
    this_hour = clock.now().replace(minute=0, second=0, microsecond=0)
    new_here = await people.newcomers_among(
        reads, [stamp.author_id for stamp in ordered], since=this_hour - NEWCOMER_FOR
    )
    slots = [Slot(stamp=stamp, why=_why(stamp, followed, new_here)) for stamp in ordered]
    is_end = len(found) < asked and (last is None or last is found[-1])
    more = None if is_end or last is None else cursor(last.warmth, last.note_id)
    return Feed(slots=slots, removed=removed, next_cursor=more)


def _hide(
    found: Sequence[Candidate],
    stamps: dict[int, Stamp],
    *,
    viewer: PersonId | None,
    hidden: Hidden,
    wanted: int,
    without: Collection[int],
) -> tuple[list[Stamp], dict[str, int], Candidate | None]:
    """A page of what the viewer sees, why others were removed, and the last candidate taken."""
    kept: list[Stamp] = []
    removed: Counter[str] = Counter()
    last: Candidate | None = None
    for candidate in found:
        if len(kept) == wanted:
            break
        last = candidate
        if candidate.note_id in without:
            continue
        stamp = stamps.get(candidate.note_id)
        reason = _reason(stamp, viewer=viewer, hidden=hidden)
        if reason:
            removed[reason] += 1
        elif stamp is not None:
            kept.append(stamp)
    return kept, dict(removed), last


def _reason(stamp: Stamp | None, *, viewer: PersonId | None, hidden: Hidden) -> str:
    """Why a viewer does not see a note in a feed, "" where they do."""
    if stamp is None or (stamp.visibility != Visibility.PUBLIC and stamp.author_id != viewer):
        return "not_for_you"
    if stamp.author_id in hidden.blocked:
        return "blocked"
    return "muted" if stamp.author_id in hidden.muted else ""


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


async def latest(reads: Reads, *, viewer: PersonId, after: str | None) -> Feed:
    """A page of everybody's public notes, newest first. Three queries; nothing is weighed."""
    place = position(after, size=1)
    span = Span(above=0, below=int(place[0]) if place else 2**63 - 1, count=PAGE + SPARE)
    found = await timelines.public(reads, span)
    stamps = await notes.stamps(reads, found)
    hidden = await people.hidden_from(reads, viewer)
    kept, removed, last = _hide(
        [Candidate(note_id=id_, author_id=0, warmth=0.0) for id_ in found], stamps, viewer=viewer,
        hidden=hidden, wanted=PAGE, without=(),
    )
    is_end = len(found) < PAGE + SPARE and (last is None or last.note_id == found[-1])
    return Feed(
        slots=[Slot(stamp=stamp, why=Why.LATEST) for stamp in kept], removed=removed,
        next_cursor=None if is_end or last is None else cursor(last.note_id),
    )


async def for_you(
    reads: Reads, feeding: Feeding, *, reader: Reader, after: str | None
) -> Feed:
    """A page composed for one reader, then what is warm. Two queries while its list is kept.

    The cursor is a place in the list, and behind its end one in the warm list; a process that does
    not know the list composes another, without what its reader has seen.
    """
    composer = await feeding.composer()
    place = position(after, size=3) or (_LIST, 0, 0)
    own = await composer.own(reads, reader, anew=not after)
    if place[0] != _LIST:
        behind = cursor(place[1], int(place[2]))
        return await _tail(reads, feeding, own, reader=reader, after=behind, wanted=PAGE)
    hidden = await people.hidden_from(reads, reader.id)
    start = max(0, min(int(place[1]), len(own.slots)))
    while len(own.slots) < start + PAGE and not own.is_over:
        await composer.extend(reads, own, reader, hidden=hidden)
    listed = own.slots[start : start + PAGE + SPARE]
    kept, removed, end = await _visible(
        reads, listed, reader=reader, hidden=hidden, politics_most=own.politics_most
    )
    slots = [
        Slot(stamp=stamp, why=one.why, topic=one.topic, place=one.place) for one, stamp in kept
    ]
    end += start
    if end > own.logged:
        there = {one.shown.note for one, _ in kept}
        _log(composer, feeding, own, reader=reader, shown=[
            one.shown for one in own.slots[own.logged : end] if one.shown.note in there
        ])
        own.logged = end
    if end < len(own.slots) or not own.is_over:
        return Feed(slots=slots, removed=removed, next_cursor=cursor(_LIST, end, 0))
    tail = await _tail(
        reads, feeding, own, reader=reader, after=None, wanted=PAGE - len(slots),
        political=sum(one.political for one, _ in kept),
    )
    return Feed(
        slots=[*slots, *tail.slots], removed={**tail.removed, **removed},
        next_cursor=tail.next_cursor,
    )


def _log(
    composer: Composer, feeding: Feeding, own: Own, *, reader: Reader, shown: list[ShownSlot]
) -> None:
    """Note what is shown now for the first time."""
    composer.saw(own, shown)
    feeding.showing.add(reader.id, shown)


async def _visible(
    reads: Reads, listed: Sequence[Composed], *, reader: Reader, hidden: Hidden, politics_most: int
) -> tuple[list[tuple[Composed, Stamp]], dict[str, int], int]:
    """A page of what the reader sees of a list, what was removed, and how far that went.

    A page may stand across two that were composed, each with the reader's budget for politics.
    """
    political = 0
    stamps = await notes.stamps(reads, [one.shown.note for one in listed])
    kept: list[tuple[Composed, Stamp]] = []
    removed: Counter[str] = Counter()
    for at, one in enumerate(listed):
        if len(kept) == PAGE:
            return kept, dict(removed), at
        stamp = stamps.get(one.shown.note)
        reason = _reason(stamp, viewer=reader.id, hidden=hidden)
        if not reason and one.political and political >= politics_most:
            reason = "politics"
        if reason:
            removed[reason] += 1
        elif stamp is not None:
            political += one.political
            kept.append((one, stamp))
    return kept, dict(removed), len(listed)


async def _tail(
    reads: Reads, feeding: Feeding, own: Own, *, reader: Reader, after: str | None, wanted: int,
    political: int = 0,
) -> Feed:
    """What is warm, without what the list holds or the reader wants less of. Six queries.

    ``political`` notes of its page stand above it.
    """
    refused = await wishes.refused_by(reads, reader.id)
    without = {one.shown.note for one in own.slots} | {one.note_id for one in refused}
    asked = PAGE + SPARE + len(without)
    found = await queries.warm(reads, after=after, count=asked, format=None)
    less_of = wishes.authors_of(refused)
    without |= {one.note_id for one in found if one.author_id in less_of}
    allowed = int(PAGE * await wishes.politics_ratio(reads, reader.id) + 1e-6)
    left = max(0, allowed - political)
    without |= {one.note_id for one in [one for one in found if one.political][left:]}
    page = await _explained(
        reads, found, viewer=reader.id, wanted=wanted, asked=asked, without=without
    )
    new = [slot.stamp.id for slot in page.slots if slot.stamp.id not in own.tail]
    own.tail.update(new)
    _log(
        await feeding.composer(), feeding, own, reader=reader,
        shown=[ShownSlot(note, TAIL, None, ()) for note in new],
    )
    if page.next_cursor is None:
        return page
    warm, note = position(page.next_cursor, size=2) or (0.0, 0)
    return msgspec.structs.replace(page, next_cursor=cursor(_TAIL, warm, note))
