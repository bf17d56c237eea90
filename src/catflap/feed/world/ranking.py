"""Two rankings of one world: the product's feed, by its own code, and plain popularity."""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed import (
    bridging,
    co_liking,
    composing,
    dealing,
    flooring,
    scoring,
    seeing,
    sourcing,
)
from catflap.feed.arrays import NONE, Bools, Floats, Ints
from catflap.feed.co_liking import Factors, Likes
from catflap.feed.scoring import Heads
from catflap.feed.seeing import Seen
from catflap.feed.sourcing import Live, Readers, Shelf
from catflap.feed.warmth import COLLECT_WEIGHT, COMMENT_WEIGHT, HOURS_PER_TENFOLD
from catflap.feed.world import assumptions as given
from catflap.feed.world import notes as noting
from catflap.feed.world.living import SLOTS, Shown, World, swing_of

NIGHT_H = 4
FACTORS = 32
ROUNDS = 2
_POPULAR = 300
_RATED_H = 72
_PASS_WEIGHT = 0.2
_READ_AT_ONCE = 4096
_TURN_H = 84
"""Half a week: the seen filter forgets what is older than a week."""


class Popular(msgspec.Struct, kw_only=True):
    """What explore was before: `feed.warmth`, the same for everybody, less what they saw."""

    seen: Seen
    best: Ints = msgspec.field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def hour(self, world: World) -> None:
        """Sort once for everybody."""
        if world.hour % _TURN_H == _TURN_H - 1:
            seeing.turned(self.seen)
        notes, at = world.notes, noting.live(world.notes, now_h=world.hour)
        reactions = (
            notes.likes[at] + COMMENT_WEIGHT * notes.comments[at]
            + COLLECT_WEIGHT * notes.collects[at]
        )
        warm = np.log10(1 + reactions) + notes.made_h[at] / HOURS_PER_TENFOLD
        self.best = at[np.argsort(-warm, kind="stable")[:_POPULAR]]

    def shown(self, world: World, readers: Ints) -> Shown:  # noqa: ARG002 - a Ranking's shape
        """The warmest that each did not see."""
        page = np.full((len(readers), SLOTS), NONE)
        for some in np.array_split(np.arange(len(readers)), 1 + len(readers) // _READ_AT_ONCE):
            offered = np.broadcast_to(self.best, (len(some), len(self.best)))
            new = ~seeing.has_seen(self.seen, readers[some], offered)
            order = np.argsort(~new, axis=1, kind="stable")[:, :SLOTS]
            fits = np.take_along_axis(new, order, axis=1)
            page[some, : order.shape[1]] = np.where(fits, self.best[order], NONE)
        seeing.saw(self.seen, readers, page)
        return Shown(note=page)


class Ours(msgspec.Struct, kw_only=True):
    """The feed as the product makes it, with what it has learned so far."""

    seen: Seen
    person_vectors: Floats
    note_vectors: Floats
    multiplier: Floats
    heads: Heads
    known_people: Bools
    night_notes: int = 0
    night_likes: int = 0
    shelf: Shelf | None = None
    at: Ints = msgspec.field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    quota: Ints = msgspec.field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    targets: list[float] = msgspec.field(default_factory=list)
    floor_shown: int = 0
    shown_whole: int = 0

    def hour(self, world: World) -> None:
        """Shelve the live notes, pace the floor; learn at night."""
        if world.hour % 24 == NIGHT_H and world.hour > NIGHT_H:
            self._learn(world)
        if world.hour % _TURN_H == _TURN_H - 1:
            seeing.turned(self.seen)
        self._grow(world.notes.count)
        self._fold_in(world)
        self.at = noting.live(world.notes, now_h=world.hour)
        self.shelf = sourcing.shelved(
            _live(world, self), now_h=float(world.hour), languages=given.LANGUAGES,
            topics=given.TOPICS + 1, authors=len(world.people.here),
            untold=given.UNTOLD_TOPIC,
        )
        self._pace(world)

    def shown(self, world: World, readers: Ints) -> Shown:
        """A page for each, by `composing.pages`."""
        assert self.shelf is not None
        asking = reading(world, self, readers)
        floor = self._dealt(asking, world)
        page = np.full((len(readers), SLOTS), NONE)
        terms = np.zeros((len(readers), SLOTS, len(scoring.TERMS)), dtype=np.float32)
        for some in np.array_split(np.arange(len(readers)), 1 + len(readers) // _READ_AT_ONCE):
            pages = composing.pages(
                self.shelf, sourcing.those(asking, some), heads=self.heads,
                seen=self.seen, floor=floor[some], chance=world.chance,
            )
            page[some] = np.where(pages.note == NONE, NONE, self.at[pages.note])
            terms[some] = pages.terms
            self.floor_shown += int((pages.source == sourcing.Source.FLOOR).sum())
            self.shown_whole += int((pages.note != NONE).sum())
        seeing.saw(self.seen, readers, page)
        return Shown(note=page, terms=terms)

    def _grow(self, count: int) -> None:
        missing = count - len(self.note_vectors)
        if missing > 0:
            blank = np.zeros((missing, self.note_vectors.shape[1]), dtype=np.float32)
            self.note_vectors = np.concatenate([self.note_vectors, blank])
            self.multiplier = np.concatenate([self.multiplier, np.ones(missing)])

    def _fold_in(self, world: World) -> None:
        """Vectors, between nights, for notes and people that the last night did not know."""
        recent = [(who, note) for who, note, _ in world.log.likes[self.night_likes :]]
        who, note = noting.joined(recent)
        if not len(who):
            return
        new = note >= self.night_notes
        count = len(self.note_vectors) - self.night_notes
        if new.any():
            self.note_vectors[self.night_notes :] = co_liking.folded_in(
                self.person_vectors, who[new], note[new] - self.night_notes, count=count
            )
        fresh, owner = np.unique(who[~self.known_people[who]], return_inverse=True)
        if len(fresh):
            self.person_vectors[fresh] = co_liking.folded_in(
                self.note_vectors, note[~self.known_people[who]], owner, count=len(fresh)
            )

    def _learn(self, world: World) -> None:
        who, note = noting.joined([(one[0], one[1]) for one in world.log.likes])
        if not len(who):
            return
        found = co_liking.learned(
            Likes(person=who, note=note, weight=np.ones(len(who), dtype=np.float32)),
            people=len(world.people.here), notes=world.notes.count, factors=FACTORS,
            rounds=ROUNDS, before=Factors(people=self.person_vectors, notes=self.note_vectors),
        )
        self.person_vectors, self.note_vectors = found.people, found.notes
        self.known_people = np.abs(found.people).sum(axis=1) > 0
        self.night_notes, self.night_likes = world.notes.count, len(world.log.likes)
        self.multiplier = _bridged(world)
        if world.log.told:
            terms, outcomes = (np.concatenate(part) for part in zip(*world.log.told, strict=True))
            self.heads = scoring.learned(terms, outcomes, before=self.heads)
            world.log.told.clear()

    def _pace(self, world: World) -> None:
        notes, at = world.notes, self.at
        owed = flooring.Owed(
            posted_h=np.where(notes.first[at], notes.made_h[at], -np.inf),
            got=notes.impressions[at], eligible=notes.first[at] & ~notes.flagged[at],
            cluster=world.people.ring[notes.author[at]],
        )
        day = _impressions_a_day(world)
        pacing = flooring.paced(
            owed, now_h=float(world.hour), day_impressions=day,
            period_impressions=day / 24 * swing_of(world.hour),
        )
        self.targets.append(pacing.target)
        young = at[world.hour - owed.posted_h < flooring.WINDOW_H]
        notes.least_target[young] = np.minimum(notes.least_target[young], pacing.target)
        answered, now_h = np.isfinite(notes.answered_h[at]), float(world.hour)
        pacing = flooring.topped_up(pacing, owed, answered=answered, now_h=now_h)
        self.quota = flooring.evened(pacing, owed, answered=answered, now_h=now_h).quota

    def _dealt(self, readers: Readers, world: World) -> Ints:
        assert self.shelf is not None
        at = np.flatnonzero(self.quota > 0)
        answered = np.isfinite(world.notes.answered_h[self.at[at]])
        return dealing.dealt(
            self.shelf, readers, dealing.Cards(at=at, left=self.quota[at], answered=answered),
            heads=self.heads, seen=self.seen, chance=world.chance,
        )


def popular(world: World) -> Popular:
    """Plain popularity for this world."""
    return Popular(seen=seeing.blank(len(world.people.here)))


def ours(world: World) -> Ours:
    """The product's feed for this world, before it has learned anything."""
    people = len(world.people.here)
    return Ours(
        seen=seeing.blank(people),
        person_vectors=np.zeros((people, FACTORS), dtype=np.float32),
        note_vectors=np.zeros((0, FACTORS), dtype=np.float32),
        multiplier=np.zeros(0), heads=scoring.guessed(),
        known_people=np.zeros(people, dtype=bool),
    )


def reading(world: World, ours: Ours, who: Ints) -> Readers:
    """What the product knows of these readers."""
    people = world.people
    rate = flooring.answering(
        people.answered_first[who], people.shown_first[who],
        comments=people.commented[who], impressions=people.shown[who],
    )
    return Readers(
        place=who, language=people.language[who], topics=people.picks[who],
        followed=people.followed[who], vectors=ours.person_vectors[who],
        politics_ratio=np.full(len(who), composing.POLITICS_RATIO),
        keen=flooring.keen(rate, among=rate),
    )


def _live(world: World, ours: Ours) -> Live:
    notes, at = world.notes, ours.at
    shown = notes.impressions[at].astype(float)
    whole = max(1.0, shown.sum())

    def share(times: Ints, *, at_least: float) -> Floats:
        return scoring.smoothed_share(
            times.astype(float), shown, usual=max(at_least, float(times.sum()) / whole)
        )

    author = notes.author[at]
    return Live(
        number=at, author=author, topic=notes.told[at], language=notes.language[at],
        made_h=notes.made_h[at], likes=notes.likes[at],
        liked_share=share(notes.likes[at], at_least=0.01),
        answered_share=share(notes.comments[at], at_least=0.002),
        refused_share=share(notes.refusals[at], at_least=0.001),
        shown=notes.impressions[at], by_newcomer=~world.people.is_host[author],
        political=np.isin(notes.told[at], given.POLITICAL_TOPICS),
        multiplier=ours.multiplier[at], vectors=ours.note_vectors[at],
    )


def _bridged(world: World) -> Floats:
    """Every note's multiplier, from what happened to the live ones."""
    notes = world.notes
    begin = int(np.searchsorted(notes.made_h[: notes.count], world.hour - _RATED_H))
    likes = [np.concatenate(part) for part in zip(*world.log.likes, strict=True)]
    recent = likes[1] >= begin
    who, note, at_s = (part[recent] for part in likes)
    people = len(world.people.here)
    ring = bridging.acting_together(who, note - begin, at_s, raters=people)
    refused = [part[1] >= begin for part in world.log.refusals]
    cold, cold_note = noting.joined(
        [(p[0][k], p[1][k]) for p, k in zip(world.log.refusals, refused, strict=True)]
    )
    idle, idle_note = noting.joined(
        [(p[0][p[1] >= begin], p[1][p[1] >= begin]) for p in world.log.passes]
    )
    ratings = bridging.Ratings(
        rater=np.concatenate([who, cold, idle]),
        note=np.concatenate([note, cold_note, idle_note]) - begin,
        liked=np.repeat([1.0, 0.0, 0.0], [len(who), len(cold), len(idle)]),
        weight=np.repeat([1.0, 1.0, _PASS_WEIGHT], [len(who), len(cold), len(idle)]),
    )
    found = bridging.bridged(
        bridging.counted_once(ratings, ring), group=world.people.language,
        topic=notes.told[begin : notes.count], raters=people,
    )
    multiplier = np.ones(notes.count)
    multiplier[begin:] = found.multiplier
    return multiplier


def _impressions_a_day(world: World) -> float:
    """How many notes the next 24 hours will show: as many as the last did.

    In the first day what everybody reads on average stands for it.
    """
    if len(world.impressions) >= 24:
        return float(sum(world.impressions[-24:]))
    return SLOTS * float(world.people.pages_per_day[world.people.here].sum())
