"""Dealing: first notes go to who reads and answers them, and no card goes twice."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catflap.feed import composing, dealing, scoring, seeing, sourcing
from catflap.feed.arrays import NONE
from catflap.feed.sourcing import Source
from tests.feed.test_composing import AUTHORS, LANGUAGES, NOTES, TOPICS, live, readers

AGED_H = 72.0


@pytest.fixture(scope="module")
def shelf():
    """Every other note has its impressions, the rest lack some."""
    some = msgspec.structs.replace(live(), shown=np.where(np.arange(NOTES) % 2, 150, 10))
    return sourcing.shelved(
        some, now_h=AGED_H, languages=LANGUAGES, topics=TOPICS, authors=AUTHORS
    )


def asking(count=40, *, keen):
    return msgspec.structs.replace(readers(count), keen=np.full(count, keen))


def dealt(shelf, who, at, *, left=1000, answered=False, seen=None, seed=3):
    at = np.asarray(at)
    return dealing.dealt(
        shelf, who, dealing.Cards(
            at=at, left=np.full(len(at), left), answered=np.broadcast_to(answered, len(at)),
        ),
        heads=scoring.guessed(), seen=seen or seeing.blank(AUTHORS),
        chance=np.random.default_rng(seed),
    )


@given(st.integers(0, 1000), st.integers(1, 90), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_no_card_goes_twice_and_nobody_gets_a_note_twice_or_more_than_there_is_room(
    shelf, seed, count, left
):
    chance = np.random.default_rng(seed)
    who = msgspec.structs.replace(readers(count, seed=seed), keen=chance.random(count) < 0.3)
    at = chance.choice(NOTES, 30, replace=False)
    table = dealt(shelf, who, at, left=left, answered=chance.random(30) < 0.5, seed=seed)
    assert (np.bincount(table[table != NONE], minlength=NOTES) <= left).all()
    assert ((table != NONE).sum(axis=1) <= dealing.room(who)).all()
    for row in table:
        shown = row[row != NONE].tolist()
        assert len(shown) == len(set(shown))
        assert (row[len(shown) :] == NONE).all()


def test_keen_readers_get_what_waits_and_others_what_is_answered(shelf):
    at = np.arange(0, 40, 2)
    waits = np.arange(20) < 10
    for keen in (True, False):
        table = dealt(shelf, asking(keen=keen), at, answered=~waits)
        taken = table[table != NONE]
        assert np.isin(taken, at[waits] if keen else at[~waits]).mean() > 0.95


def test_what_waits_and_has_its_impressions_is_dealt_to_keen_readers_alone(shelf):
    owed, full = np.arange(0, 20, 2), np.arange(1, 20, 2)
    others = dealt(shelf, asking(keen=False), [*owed, *full])
    assert not np.isin(others, full).any()
    assert np.isin(dealt(shelf, asking(keen=True), [*owed, *full]), full).any()


def test_nobody_is_dealt_what_they_saw_or_wrote(shelf):
    who = msgspec.structs.replace(asking(keen=True), place=np.arange(60, 100))
    seen = seeing.blank(AUTHORS)
    at = np.arange(0, NOTES, 9)
    seeing.saw(seen, who.place, np.tile(shelf.live.number[at[::2]], (40, 1)))
    table = dealt(shelf, who, at, seen=seen)
    assert (table != NONE).any()
    assert not np.isin(table, at[::2]).any()
    assert not (shelf.live.author[table] == who.place[:, None])[table != NONE].any()


def test_of_what_waits_the_likelier_to_be_answered_and_the_longer_waiting_go_first(shelf):
    who = asking(400, keen=True)
    at = np.flatnonzero(shelf.live.made_h > AGED_H - 24)
    table = dealt(shelf, who, at, seen=seeing.blank(400))
    row, _ = np.nonzero(table != NONE)
    taken = table[table != NONE]
    picked = (shelf.live.topic[taken][:, None] == who.topics[row]).any(axis=1).mean()
    usual = (shelf.live.topic[at][:, None, None] == who.topics).any(axis=2).mean()
    assert picked > usual + 0.1
    assert shelf.live.made_h[taken].mean() < shelf.live.made_h[at].mean() - 1


def test_a_keen_reader_s_page_holds_more_and_no_other_does(shelf):
    owed = np.flatnonzero(~shelf.live.political)[: dealing.KEEN_ROOM]
    for keen, most in ((True, dealing.KEEN_ROOM), (False, dealing.ROOM)):
        found = composing.pages(
            shelf, asking(keen=keen), heads=scoring.guessed(), seen=seeing.blank(AUTHORS),
            floor=np.tile(owed, (40, 1)), chance=np.random.default_rng(3),
        )
        floors = (found.source == Source.FLOOR).sum(axis=1)
        assert dealing.ROOM - 1 <= floors.max() <= most
        assert floors.max() > dealing.ROOM or not keen
