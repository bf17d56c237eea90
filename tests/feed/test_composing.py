"""Pages: every slot with its reason, within its budgets."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from catflap.feed import composing, dealing, personal, scoring, seeing, sourcing, varying
from catflap.feed.arrays import NONE
from catflap.feed.sourcing import COLUMNS, Source

NOTES, TOPICS, LANGUAGES, AUTHORS = 900, 8, 2, 200
POLITICS = 7


def live(seed=1):
    chance = np.random.default_rng(seed)
    topic = chance.integers(0, TOPICS, NOTES)
    return sourcing.Live(
        number=np.arange(NOTES) + 5000, author=chance.integers(50, AUTHORS, NOTES), topic=topic,
        language=chance.integers(0, LANGUAGES, NOTES), made_h=np.sort(chance.uniform(0, 72, NOTES)),
        likes=chance.poisson(3, NOTES), liked_share=chance.normal(0, 0.5, NOTES),
        answered_share=chance.normal(0, 0.5, NOTES), refused_share=chance.normal(0, 0.3, NOTES),
        shown=chance.poisson(60, NOTES), by_newcomer=chance.random(NOTES) < 0.3, political=topic == POLITICS,
        multiplier=np.clip(chance.normal(1, 0.1, NOTES), 0.8, 1.3),
        vectors=chance.normal(0, 0.2, (NOTES, 8)).astype(np.float32),
    )


@pytest.fixture(scope="module")
def shelf():
    return sourcing.shelved(live(), now_h=72.0, languages=LANGUAGES, topics=TOPICS, authors=AUTHORS)


def readers(count=40, *, politics=0.1, seed=2, topics=None):
    chance = np.random.default_rng(seed)
    picks = np.argsort(chance.random((count, TOPICS)), axis=1)[:, :4]
    followed = np.full((count, 4), NONE)
    followed[:, :2] = chance.integers(50, AUTHORS, (count, 2))
    return sourcing.Readers(
        place=np.arange(count), language=np.zeros(count, dtype=int),
        topics=picks if topics is None else topics, followed=followed,
        vectors=chance.normal(0, 0.2, (count, 8)).astype(np.float32),
        politics_ratio=np.full(count, politics),
    )


def pages(shelf, who, *, seen=None, floor=None, seed=3):
    return composing.pages(
        shelf, who, heads=scoring.guessed(), seen=seen or seeing.blank(len(who.place)),
        floor=np.full((len(who.place), 1), NONE) if floor is None else floor,
        chance=np.random.default_rng(seed),
    )


def test_pages_are_full_and_nobody_is_shown_a_note_twice(shelf):
    found = pages(shelf, readers())
    assert (found.note != NONE).all()
    for row in found.note:
        assert len(set(row.tolist())) == composing.SLOTS


def test_every_slot_has_a_reason_that_is_true(shelf):
    who = readers()
    found = pages(shelf, who)
    author = shelf.live.author[found.note]
    followed = (author[:, :, None] == who.followed[:, None, :]).any(axis=2)
    assert followed[found.source == Source.FOLLOWED].all()
    liked = found.source == Source.CO_LIKED
    assert (shelf.live.likes[found.note[liked]] >= sourcing.LIKES_FOR_A_VECTOR).all()
    fresh = found.source == Source.FRESH
    topic = shelf.live.topic[found.note]
    picked = (topic[:, :, None] == who.topics[:, None, :]).any(axis=2)
    assert picked[fresh & (topic != shelf.untold)].all()
    assert (shelf.live.multiplier[found.note[found.source == Source.BRIDGING]] > 1).all()
    shown = set(found.source.ravel().tolist())
    assert {Source.FOLLOWED, Source.CO_LIKED, Source.FRESH} <= shown


def test_notes_of_which_nothing_is_known_are_offered_to_everybody(shelf):
    who = readers(topics=np.tile([1, 2, 3, 4], (40, 1)))
    offered = sourcing.gathered(
        shelf, who, seen=seeing.blank(40), chance=np.random.default_rng(4)
    )[:, COLUMNS == Source.FRESH]
    topic = np.where(offered == NONE, NONE, shelf.live.topic[offered])
    assert set(topic[topic != NONE].tolist()) == {shelf.untold, 1, 2, 3, 4}
    assert ((topic == shelf.untold).sum(axis=1) >= 4).all()


def test_a_note_of_which_nothing_is_known_is_taken_for_as_fitting_as_any_other(shelf):
    who = readers(topics=np.array([[1, 2, 3, 4], [1, 1, 2, 2]]), count=2)
    notes = np.array([np.flatnonzero(shelf.live.topic == topic)[0] for topic in (0, 1, 5)])
    fits = composing.told(shelf, who, np.tile(notes, (2, 1)))[:, :, 1]
    others = TOPICS - 1
    assert fits == pytest.approx(np.array([[4 / others, 1, 0], [2 / others, 1, 0]]))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.5])
def test_politics_keeps_to_what_each_reader_set(shelf, share):
    who = readers(topics=np.tile([POLITICS, 1, 2, 3], (40, 1)), politics=share)
    owed = np.flatnonzero(shelf.live.political)[:3]
    found = pages(shelf, who, floor=np.tile(owed, (40, 1)))
    count = shelf.live.political[found.note].sum(axis=1)
    assert count.max() <= share * composing.SLOTS
    if share:
        assert count.max() >= 1


def test_what_was_seen_does_not_come_again(shelf):
    who = readers()
    seen = seeing.blank(40)
    first = pages(shelf, who, seen=seen)
    seeing.saw(seen, who.place, shelf.live.number[first.note])
    second = pages(shelf, who, seen=seen, seed=4)
    for one, other in zip(first.note, second.note, strict=True):
        assert not set(one.tolist()) & set(other[other != NONE].tolist())


def test_whoever_saw_nearly_everything_is_shown_the_rest(shelf):
    who = readers(1)
    seen = seeing.blank(1, size_bytes=4096)
    on_shelf = np.unique(shelf.by_key[who.topics[0]])[1:]
    left = np.random.default_rng(3).choice(on_shelf, 12, replace=False)
    others = np.setdiff1d(np.arange(NOTES), left)
    seeing.saw(seen, who.place, shelf.live.number[others][None, :])
    offered = sourcing.gathered(shelf, who, seen=seen, chance=np.random.default_rng(4))
    assert np.isin(left, offered).sum() >= 10


def test_whoever_saw_all_of_their_topics_and_all_that_is_new_is_shown_something_else(shelf):
    who = readers(1)
    who = msgspec.structs.replace(
        who, followed=np.full_like(who.followed, NONE), vectors=np.zeros_like(who.vectors)
    )
    theirs = np.arange(LANGUAGES)[:, None] * TOPICS + who.topics[0]
    seen = seeing.blank(1, size_bytes=4096)
    for read in (shelf.by_key[theirs], shelf.newest, shelf.bridges):
        seeing.saw(seen, who.place, shelf.live.number[read[read != NONE]][None, :])
    assert (pages(shelf, who, seen=seen).note != NONE).sum() >= composing.SLOTS / 2


def test_nobody_is_shown_their_own_notes(shelf):
    who = msgspec.structs.replace(readers(), place=np.arange(60, 100))
    found = pages(shelf, who, seen=seeing.blank(AUTHORS))
    assert not (shelf.live.author[found.note] == who.place[:, None]).any()


def test_the_floor_has_its_slots_and_says_so(shelf):
    owed = np.flatnonzero(~shelf.live.political)[:2]
    found = pages(shelf, readers(), floor=np.tile(owed, (40, 1)))
    on_page = (found.note[:, :, None] == owed).any(axis=1)
    assert on_page.all()
    assert ((found.source == Source.FLOOR).sum(axis=1) <= dealing.ROOM).all()


def test_the_floor_keeps_its_cap_on_a_page_that_is_not_full(shelf):
    few = np.arange(12)
    some = msgspec.structs.replace(
        shelf.live, **{name: getattr(shelf.live, name)[few] for name in shelf.live.__struct_fields__}
    )
    small = sourcing.shelved(some, now_h=72.0, languages=LANGUAGES, topics=TOPICS, authors=AUTHORS)
    found = pages(small, readers(), floor=np.tile([9, 10, 11], (40, 1)))
    floors = (found.source == Source.FLOOR).sum(axis=1)
    assert (floors <= 0.15 * (found.note != NONE).sum(axis=1)).all()


def test_the_more_is_live_the_more_stands_on_the_shelf(shelf):
    many = 40 * NOTES
    chance = np.random.default_rng(8)
    wide = msgspec.structs.replace(
        live(), **{
            name: np.concatenate([getattr(live(), name)] * 40) for name in live().__struct_fields__
        }
    )
    wide = msgspec.structs.replace(wide, number=np.arange(many))
    large = sourcing.shelved(wide, now_h=72.0, languages=LANGUAGES, topics=TOPICS, authors=AUTHORS)
    assert (large.by_key != NONE).sum() > 2 * (shelf.by_key != NONE).sum()
    assert large.by_key.shape[1] <= sourcing.PER_KEY_MOST
    offered = sourcing.gathered(shelf, readers(), seen=seeing.blank(40), chance=chance)
    fresh = offered[:, sourcing.COLUMNS == Source.FRESH]
    # A column is empty only where a key has fewer notes, or another source has the note already.
    assert (fresh != NONE).mean() > 0.7


def test_chance_has_its_share_and_its_propensity_is_kept(shelf):
    found = pages(shelf, readers(3000, seed=5))
    random = found.source == Source.RANDOM
    assert random.mean() == pytest.approx(composing.RANDOM_RATIO, abs=0.003)
    pool = (~shelf.live.political).sum()
    assert np.allclose(found.propensity[random], composing.RANDOM_RATIO / pool)
    assert np.isnan(found.propensity[~random]).all()


def test_the_same_chances_make_the_same_page(shelf):
    assert np.array_equal(pages(shelf, readers()).note, pages(shelf, readers()).note)


def test_two_new_readers_do_not_see_the_same_page(shelf):
    """The bound of the reference: 0.25 with other picks, 0.6 with the same."""
    same = np.tile([1, 2, 3, 4], (40, 1))
    blank = msgspec.structs.replace(
        readers(topics=same), followed=np.full((40, 4), NONE),
        vectors=np.zeros((40, 8), dtype=np.float32),
    )
    other = msgspec.structs.replace(blank, topics=np.tile([5, 6, 0, 4], (40, 1)))
    ours, theirs = pages(shelf, blank).note, pages(shelf, other, seed=9).note
    assert overlap(ours[0::2], ours[1::2]) <= 0.6
    assert overlap(ours, theirs) <= 0.25


def overlap(one, other):
    sizes = [
        len(set(a) & set(b)) / len(set(a) | set(b))
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
    ]
    return np.mean(sizes)


def test_a_small_community_has_full_pages_whatever_one_picked(shelf):
    few = np.flatnonzero(shelf.live.topic < 3)[:60]
    some = msgspec.structs.replace(
        shelf.live, **{name: getattr(shelf.live, name)[few] for name in shelf.live.__struct_fields__}
    )
    small = sourcing.shelved(some, now_h=72.0, languages=LANGUAGES, topics=TOPICS, authors=AUTHORS)
    who = readers(topics=np.tile([3, 4, 5, 6], (40, 1)))
    assert ((pages(small, who).note != NONE).sum(axis=1) >= 12).all()


def test_an_empty_community_has_empty_pages():
    none = msgspec.structs.replace(
        live(), **{name: getattr(live(), name)[:1] for name in sourcing.Live.__struct_fields__}
    )
    shelf = sourcing.shelved(none, now_h=72.0, languages=LANGUAGES, topics=TOPICS, authors=AUTHORS)
    found = pages(shelf, readers())
    assert ((found.note != NONE).sum(axis=1) <= 1).all()


def test_variety_puts_another_topic_before_more_of_the_same():
    worths = np.array([[10.0, 9.9, 9.8, 9.0, 0.0]])
    kinds = np.array([[[1, 1, 1, 2, 2]], [[1, 2, 3, 4, 5]], [[0, 0, 0, 0, 0]]])
    chosen = varying.varied(worths, kinds, count=5)
    assert chosen[0, :2].tolist() == [0, 3]
    assert chosen[0, 4] == NONE


def test_who_reads_much_has_a_larger_filter_that_hides_little_that_is_new():
    numbers = np.arange(2000)[None, :] * 7919 + 10**9
    seen = seeing.blank(1, size_bytes=personal.SEEN_BYTES)
    seeing.saw(seen, np.zeros(1, dtype=int), numbers)
    assert seeing.has_seen(seen, np.zeros(1, dtype=int), numbers).all()
    assert seeing.has_seen(seen, np.zeros(1, dtype=int), numbers + 1).mean() < 0.08


def test_the_seen_filter_never_forgets_too_early_and_forgets_in_time():
    chance = np.random.default_rng(1)
    notes = chance.choice(10**6, (5, 300), replace=False)
    seen, who = seeing.blank(5), np.arange(5)
    seeing.saw(seen, who, notes)
    assert seeing.has_seen(seen, who, notes).all()
    fresh = chance.choice(10**6, (5, 2000)) + 10**6
    assert seeing.has_seen(seen, who, fresh).mean() < 0.05
    assert seeing.has_seen(seen, who[:1], np.array([[NONE]])).all()
    seeing.turned(seen)
    assert seeing.has_seen(seen, who, notes).all()
    seeing.turned(seen)
    assert seeing.has_seen(seen, who, notes).mean() < 0.01
