"""An hour in the simulated world: people come, write, read, act, leave; moderators decide.

What is shown is a `Ranking`'s choice; how people take it depends on what no ranking knows: their
true interests, hidden tastes, on which side of a divide they stand.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np

from catflap.feed.arrays import NONE, Bools, Floats, Ints
from catflap.feed.world import assumptions as given
from catflap.feed.world import notes as noting
from catflap.feed.world import people as peopling
from catflap.feed.world.notes import Log, Notes, Posted
from catflap.feed.world.people import People

SLOTS = 20
_SAMPLED = 0.05
_RING_LIKES_S = 30.0


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What each reader of the hour was shown: places of notes, `NONE` where there was nothing."""

    note: Ints
    terms: Floats | None = None


class World(msgspec.Struct, kw_only=True):
    """Everything that is so at ``hour``."""

    people: People
    notes: Notes
    log: Log
    chance: np.random.Generator
    hour: int = 0
    pages: list[int]
    """How many pages were read in each hour."""
    impressions: list[int]
    """How many notes were shown in each hour."""
    cases: list[int]
    waiting: list[int]
    """How many cases wait for a moderator at the end of each hour."""
    foreign_expected: list[tuple[Ints, Ints]]
    """For each hour the comments by language of who wrote and of whom they answered."""


class Ranking(Protocol):
    """What decides who is shown what."""

    def hour(self, world: World) -> None:
        """Prepare for the hour; what is due each night is done in its hour."""

    def shown(self, world: World, readers: Ints) -> Shown:
        """A page for each reader."""


def begun(count: int, *, days: int, seed: int) -> World:
    """The world before anybody comes."""
    chance = np.random.default_rng(seed)
    people = peopling.made(count, days=days, chance=chance)
    room = round(count * (1 + days * given.NOTES_PER_DAY))
    world = World(
        people=people, notes=noting.none_yet(room, tastes=given.TASTES),
        log=Log(likes=[], refusals=[], passes=[], told=[]), chance=chance, pages=[], impressions=[],
        cases=[], waiting=[], foreign_expected=[],
    )
    _furnish(world)
    return world


def _furnish(world: World) -> None:
    """What hosts wrote in the days before, so that nobody comes into an empty place."""
    hosts = np.flatnonzero(world.people.is_host)
    count = world.chance.poisson(len(hosts) * given.NOTES_PER_DAY * noting.LIVE_H / 24)
    made_h = np.sort(world.chance.uniform(-noting.LIVE_H, 0, count))
    drafted = _drafted(world, world.chance.choice(hosts, count), is_first=False)
    noting.post(world.notes, msgspec.structs.replace(drafted, made_h=made_h))


def live_an_hour(world: World, ranking: Ranking) -> None:
    """Move one hour on."""
    if world.hour % 24 == 0:
        peopling.leave(world.people, day=world.hour // 24, chance=world.chance)
    world.people.here |= (world.people.arrives_h == world.hour) & ~world.people.left
    _write(world)
    ranking.hour(world)
    readers = _readers(world)
    on_tag = world.chance.random(len(readers)) < given.TAG_PAGE_RATIO
    shown = ranking.shown(world, readers[~on_tag])
    before = int(world.notes.impressions.sum())
    _read(world, readers[~on_tag], shown)
    _read(world, readers[on_tag], Shown(note=_tag_page(world, int(on_tag.sum()))))
    world.pages.append(len(readers))
    world.impressions.append(int(world.notes.impressions.sum()) - before)
    _moderate(world)
    world.hour += 1


def _readers(world: World) -> Ints:
    swing = 1 + given.NIGHT_SWING * np.sin(2 * np.pi * (world.hour % 24 - 14) / 24)
    odds = world.people.pages_per_day / 24 * swing
    found: Ints = np.flatnonzero(
        world.people.here & (world.chance.random(len(odds)) < odds)
    )
    return found


def swing_of(hour: int) -> float:
    """How much is read in an hour, the day's mean being 1."""
    return float(1 + given.NIGHT_SWING * np.sin(2 * np.pi * (hour % 24 - 14) / 24))


def _write(world: World) -> None:
    people, chance, hour = world.people, world.chance, world.hour
    first = people.here & (people.first_note_h < hour + 1)
    people.first_note_h[first] = np.inf
    has_posted = people.is_host | np.isinf(people.first_note_h) & people.here
    again = np.where(people.answered, given.AGAIN_ANSWERED_RATIO, given.AGAIN_UNANSWERED_RATIO)
    rate = given.NOTES_PER_DAY / 24 * np.where(people.is_host, 1.0, again)
    more = people.here & has_posted & ~first & (chance.random(len(rate)) < rate)
    new = noting.post(world.notes, _drafted(world, np.flatnonzero(first), is_first=True))
    noting.post(world.notes, _drafted(world, np.flatnonzero(more), is_first=False))
    _cheer(world, new)


def _drafted(world: World, author: Ints, *, is_first: bool) -> Posted:
    people, chance, count = world.people, world.chance, len(author)
    sums = np.cumsum(people.interests[author], axis=1)
    topic = np.minimum((sums < chance.random((count, 1))).sum(axis=1), given.TOPICS - 1)
    copied = people.copycat[author]
    tastes = people.tastes[author] + chance.normal(0, 0.5, (count, given.TASTES))
    return Posted(
        author=author, made_h=np.full(count, float(world.hour)), topic=topic,
        told=_told(topic, is_tagged=people.is_host[author] | people.labels[author], chance=chance),
        language=people.language[author], quality=chance.normal(0, 1, count),
        tastes=tastes.astype(np.float32), camp=people.camp[author],
        first=np.full(count, is_first), labelled=people.labels[author],
        inviting=chance.random(count) < given.INVITING_RATIO, fake=people.fake[author],
        copied=copied, flagged=copied & (chance.random(count) < given.COPIES_CAUGHT_RATIO),
    )


def _told(topic: Ints, *, is_tagged: Bools, chance: np.random.Generator) -> Ints:
    """What the feed learns of each note's topic."""
    luck = chance.random(len(topic))
    mistaken = luck < given.WORDS_MISTAKE_RATIO
    wrong = (topic + chance.integers(1, given.TOPICS, len(topic))) % given.TOPICS
    by_words = np.where(
        luck < given.WORDS_TELL_RATIO, np.where(mistaken, wrong, topic), given.UNTOLD_TOPIC
    )
    found: Ints = np.where(is_tagged, topic, by_words)
    return found


def _cheer(world: World, notes: Ints) -> None:
    """Rings like their own within half a minute."""
    ring = world.people.ring[world.notes.author[notes]]
    for note, its_ring in zip(notes[ring != NONE], ring[ring != NONE], strict=True):
        members = np.flatnonzero((world.people.ring == its_ring) & world.people.here)
        members = members[members != world.notes.author[note]]
        at_s = 3600.0 * world.hour + world.chance.uniform(0, _RING_LIKES_S, len(members))
        world.log.likes.append((members, np.full(len(members), note), at_s))
        world.notes.likes[note] += len(members)
        world.notes.impressions[note] += len(members)


def _tag_page(world: World, count: int) -> Ints:
    """The newest notes under the newcomers' tag, the same for everybody."""
    at = noting.live(world.notes, now_h=world.hour)
    newest = at[world.notes.labelled[at]][-SLOTS:][::-1]
    page = np.full((count, SLOTS), NONE)
    page[:, : len(newest)] = newest
    return page


def _read(world: World, readers: Ints, shown: Shown) -> None:
    """Count what was shown, and let the readers act on it."""
    row, slot = np.nonzero(shown.note != NONE)
    who, note = readers[row], shown.note[row, slot]
    other = world.notes.author[note] != who
    row, slot, who, note = row[other], slot[other], who[other], note[other]
    _count_impressions(world, note)
    odds = _odds(world, who, note) * (given.ATTENTION**slot)[:, None]
    did = world.chance.random(odds.shape, dtype=np.float32) < odds
    _act(world, who, note, did)
    sampled = world.chance.random(len(who)) < _SAMPLED
    if shown.terms is not None:
        world.log.told.append((shown.terms[row, slot][sampled], did[sampled]))
    idle = sampled & ~did.any(axis=1)
    world.log.passes.append((who[idle], note[idle]))
    is_first = world.notes.first[note]
    world.people.shown += np.bincount(who, minlength=len(world.people.here))
    world.people.shown_first += np.bincount(who[is_first], minlength=len(world.people.here))


def _count_impressions(world: World, note: Ints) -> None:
    notes = world.notes
    times = np.bincount(note, minlength=notes.count)
    notes.impressions[: notes.count] += times
    young = world.hour - notes.made_h[: notes.count] < 24
    notes.early[: notes.count] += np.where(young, times, 0)
    full = (notes.impressions >= 100) & np.isinf(notes.full_at_h)
    notes.full_at_h[full] = world.hour + 1


def _odds(world: World, who: Ints, note: Ints) -> Floats:
    """For each impression the chances of `scoring.HEADS`."""
    people, notes = world.people, world.notes
    topic = notes.topic[note]
    match = np.log(np.clip(given.TOPICS * people.interests[who, topic], 0.1, 8.0))
    foreign = people.language[who] != notes.language[note]
    quality, bad = notes.quality[note], notes.fake[note] | notes.copied[note]
    taste = np.einsum("ij,ij->i", people.tastes[who], notes.tastes[note]) / 2
    against = np.isin(topic, given.POLITICAL_TOPICS) & (people.camp[who] != notes.camp[note])
    drawn = (
        given.MATCH_SLOPE * match + given.QUALITY_SLOPE * quality + given.TASTE_SLOPE * taste
        + given.FOREIGN_LIKE_LOGIT * foreign + people.liking[who] - given.CAMP_LOGIT * against
    )
    refused = given.CAMP_LOGIT * against - 0.5 * match - 0.3 * quality
    comment = (
        given.COMMENT_RATIO * people.commenting[who] * np.exp(0.3 * match + 0.2 * quality)
        * np.where(notes.inviting[note], given.INVITING_FACTOR, 1.0)
        * np.where(notes.first[note], given.GREETING_FACTOR, 1.0)
        * np.where(foreign, given.FOREIGN_COMMENT_FACTOR, 1.0)
    )
    # The factor for inviting notes is over the others, so the mean is brought back to the ratio.
    comment = comment / (1 + given.INVITING_RATIO * (given.INVITING_FACTOR - 1))
    follow = given.FOLLOW_RATIO * np.exp(np.clip(drawn, -3, 3))
    return np.stack([
        _chance(given.LIKE_LOGIT + drawn), comment, _chance(given.COLLECT_LOGIT + drawn), follow,
        _chance(given.HIDE_LOGIT + refused),
        _chance(given.REPORT_LOGIT + refused + given.FAKE_REPORT_LOGIT * bad),
    ], axis=1)


def _chance(logit: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-logit))
    return found


def _act(world: World, who: Ints, note: Ints, did: Bools) -> None:
    notes, people, count = world.notes, world.people, world.notes.count
    for column, what in ((0, notes.likes), (1, notes.comments), (2, notes.collects)):
        what[:count] += np.bincount(note[did[:, column]], minlength=count)
    refused = did[:, 4] | did[:, 5]
    notes.refusals[:count] += np.bincount(note[refused], minlength=count)
    notes.reports[:count] += np.bincount(note[did[:, 5]], minlength=count)
    liked = did[:, 0]
    at_s = 3600.0 * (world.hour + world.chance.random(int(liked.sum())))
    world.log.likes.append((who[liked], note[liked], at_s))
    world.log.refusals.append((who[refused], note[refused]))
    peopling.follow(people, who[did[:, 3]], notes.author[note[did[:, 3]]], world.chance)
    _answer(world, who[did[:, 1]], note[did[:, 1]])


def _answer(world: World, who: Ints, note: Ints) -> None:
    notes, people = world.notes, world.people
    theirs, mine = notes.language[note], people.language[who]
    notes.foreign_comments[: notes.count] += np.bincount(
        note[theirs != mine], minlength=notes.count
    )
    world.foreign_expected.append((mine, theirs))
    notes.answered_h[note] = np.minimum(notes.answered_h[note], world.hour + 1)
    notes.foreign_answered[note[theirs != mine]] = True
    people.answered[notes.author[note]] = True
    first = notes.first[note]
    people.commented += np.bincount(who, minlength=len(people.here))
    people.answered_first += np.bincount(who[first], minlength=len(people.here))


def _moderate(world: World) -> None:
    """Decide on what was reported, oldest first, as far as there are hands."""
    notes, count = world.notes, world.notes.count
    begin = int(np.searchsorted(notes.made_h[:count], world.hour - noting.LIVE_H))
    at = np.arange(begin, count)
    waiting = at[(notes.reports[at] >= 1) & (notes.reports[at] < 10_000)]
    moderators = max(1.0, world.people.here.sum() / given.PEOPLE_PER_MODERATOR)
    capacity = int(world.chance.poisson(moderators * given.CASES_PER_DAY / 24))
    decided = waiting[:capacity]
    notes.removed[decided] |= notes.fake[decided] | notes.copied[decided]
    # A decision stands: the note is no case again.
    notes.reports[decided] = -10_000
    world.cases.append(len(decided))
    world.waiting.append(len(waiting) - len(decided))
