"""The people of the simulated world: who they are, when they come, whether they stay."""

from __future__ import annotations

import msgspec
import numpy as np

from catflap.feed.arrays import NONE, Bools, Floats, Ints, place_in_run
from catflap.feed.world import assumptions as given

FOLLOWS = 16


class People(msgspec.Struct, kw_only=True):
    """Everybody who is ever there, one place each; changed in place as the hours pass."""

    language: Ints
    interests: Floats
    picks: Ints
    tastes: Floats
    camp: Ints
    pages_per_day: Floats
    liking: Floats
    commenting: Floats
    arrives_h: Ints
    """`NONE` for hosts."""
    labels: Bools
    fake: Bools
    copycat: Bools
    ring: Ints
    first_note_h: Floats
    """When a newcomer publishes for the first time; never where infinite."""
    here: Bools
    left: Bools
    followed: Ints
    answered: Bools
    shown: Floats
    commented: Floats
    shown_first: Floats
    answered_first: Floats

    @property
    def is_host(self) -> Bools:
        """Who was there before."""
        found: Bools = self.arrives_h == NONE
        return found


def made(count: int, *, days: int, chance: np.random.Generator) -> People:
    """So many people, hosts first."""
    newcomers = round(count * given.NEWCOMERS_RATIO)
    hosts = count - newcomers
    is_new = np.arange(count) >= hosts
    language = np.where(
        is_new,
        chance.choice(given.LANGUAGES, count, p=given.NEWCOMER_LANGUAGES),
        chance.choice(given.LANGUAGES, count, p=given.HOST_LANGUAGES),
    )
    interests = chance.dirichlet(
        np.full(given.TOPICS, given.INTEREST_SHAPE), count
    ).astype(np.float32)
    arrives_h = np.full(count, NONE)
    arrives_h[is_new] = arrivals(newcomers, days=days, chance=chance)
    fake = is_new & (chance.random(count) < given.FAKES_RATIO)
    ring = np.full(count, NONE)
    ring[fake] = np.arange(fake.sum()) // given.RING_SIZE
    ever = chance.random(count) < given.FIRST_NOTE_RATIO
    people = People(
        language=language, interests=interests, picks=_picks(interests, chance),
        tastes=chance.normal(0, 1, (count, given.TASTES)).astype(np.float32),
        camp=chance.integers(0, 2, count),
        pages_per_day=given.PAGES_PER_DAY / given.PAGES_SHAPE
        * chance.gamma(given.PAGES_SHAPE, size=count),
        liking=chance.normal(0, 0.7, count),
        commenting=chance.gamma(given.COMMENTING_SHAPE, size=count) / given.COMMENTING_SHAPE,
        arrives_h=arrives_h, labels=is_new & (chance.random(count) < given.LABELLED_RATIO),
        fake=fake, copycat=is_new & ~fake & (chance.random(count) < given.COPYCATS_RATIO),
        ring=ring,
        first_note_h=np.where(
            is_new & (ever | fake),
            arrives_h + chance.exponential(given.FIRST_NOTE_AFTER_H, count), np.inf,
        ),
        here=~is_new, left=np.zeros(count, dtype=bool),
        followed=np.full((count, FOLLOWS), NONE), answered=np.zeros(count, dtype=bool),
        shown=np.where(is_new, 0.0, given.HISTORY_IMPRESSIONS), commented=np.zeros(count),
        shown_first=np.zeros(count),
        answered_first=np.zeros(count),
    )
    past = given.COMMENT_RATIO * people.commenting[:hosts] * given.HISTORY_IMPRESSIONS
    people.commented[:hosts] = chance.poisson(past)
    _acquainted(people, hosts, chance)
    return people


def _picks(interests: Floats, chance: np.random.Generator) -> Ints:
    """The topics each person names at sign-up: those they care for, seen through a noise.

    Nobody is offered politics there.
    """
    noisy = interests * chance.uniform(0.5, 1.5, interests.shape)
    noisy[:, list(given.POLITICAL_TOPICS)] = 0
    picks: Ints = np.argsort(-noisy, axis=1)[:, : given.PICKS]
    return picks


def arrivals(count: int, *, days: int, chance: np.random.Generator) -> Ints:
    """The hour in which each comes: one wave, and a second where the time is long enough."""
    second = chance.random(count) < given.SECOND_WAVE_RATIO * (days > given.SECOND_WAVE_DAY)
    weights = given.PEAK_DAY_RATIO * given.DAILY_FALL ** np.arange(max(17, days))
    day = chance.choice(len(weights), count, p=weights / weights.sum())
    hours = np.full(24, (1 - given.PEAK_3H_RATIO) / 21)
    hours[given.PEAK_FROM_H : given.PEAK_FROM_H + 3] = given.PEAK_3H_RATIO / 3
    hour: Ints = 24 * (day + given.SECOND_WAVE_DAY * second) + chance.choice(24, count, p=hours)
    return hour


def _acquainted(people: People, hosts: int, chance: np.random.Generator) -> None:
    """Hosts follow some hosts with the same first pick already."""
    order = np.argsort(people.picks[:hosts, 0], kind="stable")
    for column in range(FOLLOWS // 2):
        step = int(chance.integers(1, max(2, hosts // (4 * given.TOPICS))))
        people.followed[order, column] = np.roll(order, step)
    people.followed[:hosts][people.followed[:hosts] == np.arange(hosts)[:, None]] = NONE
    people.followed[:hosts] = -np.sort(-people.followed[:hosts], axis=1)


def follow(people: People, who: Ints, whom: Ints, chance: np.random.Generator) -> None:
    """Follow one each; whoever follows as many as there is room for forgets one."""
    counts = (people.followed[who] != NONE).sum(axis=1)
    order = np.argsort(who, kind="stable")
    at = np.empty(len(who), dtype=np.int64)
    at[order] = place_in_run(who[order])
    column = counts + at
    column = np.where(column < FOLLOWS, column, chance.integers(0, FOLLOWS, len(who)))
    people.followed[who, column] = whom
    gaps = np.unique(who)
    people.followed[gaps] = -np.sort(-people.followed[gaps], axis=1)


def leave(people: People, *, day: int, chance: np.random.Generator) -> None:
    """The newcomers who do not come back on this day; hosts stay."""
    age = day - people.arrives_h // 24
    subject = people.here & ~people.is_host & (age >= 1)
    hazard = 1 - (np.maximum(2, 1 + age) / np.maximum(1, age)) ** -given.LEAVING_SHAPE
    hazard = hazard * np.where(people.answered, given.ANSWERED_LEAVE_RATIO, 1.0)
    if day == given.EXODUS_DAY:
        hazard = np.maximum(hazard, given.EXODUS_RATIO)
    gone = subject & (chance.random(len(age)) < hazard)
    people.here &= ~gone
    people.left |= gone
