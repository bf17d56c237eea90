"""The simulated world: the same from the same seed, and what must hold in a small one."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
from bench import world as world_bench

from catflap.feed.world import assumptions, living, measuring, people, ranking, running, telling
from catflap.feed.world.running import Simulated

PEOPLE, DAYS = 2000, 3
HELD = {
    "impressions_100_within_cap_ratio": 0.98, "answered_24h_ratio": 0.96,
    "answered_by_week": (0.96, 0.97), "labelled_over_unlabelled_impressions": 1.1,
}
"""Figures of a world in which every goal holds, where so small a one has too few notes."""


@pytest.fixture(scope="module")
def told():
    return running.simulated(people=PEOPLE, days=DAYS, seed=1, processes=1)


def test_a_small_world_keeps_the_floors_promises(told):
    ours, popular = told.measured["ours"], told.measured["popularity"]
    assert ours.first_notes > 100
    assert ours.impressions_100_within_cap_ratio >= 0.97
    assert ours.told_target_ratio >= 0.97
    assert ours.floor_ratio <= 0.15
    assert ours.gini_first_notes <= 0.5 < popular.gini_first_notes
    assert ours.labelled_over_unlabelled_impressions <= 1.2
    assert ours.untagged_over_tagged_answered >= 0.9 > popular.untagged_over_tagged_answered
    assert ours.top_tenth_comments_ratio < 0.6 < popular.top_tenth_comments_ratio
    assert ours.overlap_different_picks <= 0.25
    assert ours.overlap_same_picks <= 0.6
    assert ours.answered_24h_ratio > 1.5 * popular.answered_24h_ratio
    assert ours.answered_24h_ratio > ours.answered_foreign_24h_ratio > 0.5


def test_in_small_worlds_most_first_notes_are_answered():
    # The goal is 0.95, which `bench.world` judges: 2,000 people write too few comments in the first
    # two days of a wave, whatever they are shown. Nothing may fall behind what this world carries,
    # in which chance moves a single seed's share by several hundredths.
    answered = [running.lived("ours", PEOPLE, DAYS, seed).answered_24h_ratio for seed in (1, 2, 3, 4)]
    assert np.mean(answered) >= 0.85


def test_the_same_seed_lives_the_same_world_again():
    one, other = (
        msgspec.json.encode(running.lived("ours", 400, 2, 7)) for _ in range(2)
    )
    assert one == other
    assert one != msgspec.json.encode(running.lived("ours", 400, 2, 8))


def test_the_floor_keeps_within_its_cap_where_there_is_little_to_read():
    world = living.begun(800, days=2, seed=3)
    ours = ranking.ours(world)
    for _ in range(48):
        living.live_an_hour(world, ours)
    assert ours.floor_shown <= 0.15 * ours.shown_whole
    assert world.notes.early.sum() <= world.notes.impressions.sum() <= 20 * sum(world.pages)


def test_arrivals_are_shaped_as_their_source_says():
    chance = np.random.default_rng(1)
    hours = people.arrivals(100_000, days=14, chance=chance)
    day = np.bincount(hours // 24)
    assert day[0] / day.sum() == pytest.approx(assumptions.PEAK_DAY_RATIO, abs=0.01)
    peak = np.bincount(hours[hours < 24])[assumptions.PEAK_FROM_H :][:3].sum() / day[0]
    assert peak == pytest.approx(assumptions.PEAK_3H_RATIO, abs=0.01)
    twice = np.bincount(people.arrivals(100_000, days=42, chance=chance) // 24)
    assert twice[assumptions.SECOND_WAVE_DAY] > 1.5 * twice[assumptions.SECOND_WAVE_DAY - 1]


def test_half_of_the_newcomers_are_gone_after_the_exodus():
    chance = np.random.default_rng(1)
    some = people.made(5000, days=14, chance=chance)
    some.here[:] = some.is_host | (some.arrives_h < 24 * 7)
    before = (some.here & ~some.is_host).sum()
    people.leave(some, day=assumptions.EXODUS_DAY, chance=chance)
    newcomers = (some.here & ~some.is_host).sum()
    # Those of the day before have no day behind them and stay.
    assert 0.35 * before < newcomers < 0.6 * before
    assert some.here[some.is_host].all()


def test_gini_is_what_it_is():
    assert measuring.gini(np.full(50, 3)) == pytest.approx(0)
    assert measuring.gini(np.array([0, 0, 0, 1])) == pytest.approx(0.75)
    assert np.isnan(measuring.gini(np.zeros(3)))


def test_a_goal_that_is_missed_is_said_to_be(told):
    lines = list(telling.report(told))
    worse = msgspec.structs.replace(told.measured["ours"], gini_first_notes=0.7)
    bad = Simulated(
        people=PEOPLE, days=DAYS, seed=1, measured=told.measured | {"ours": worse}, assumptions={}
    )
    of = [next(line for line in some if line.startswith("Gini of impressions, first"))
          for some in (lines, list(telling.report(bad)))]
    assert of[0].endswith("  holds")
    assert of[1].endswith("DOES NOT HOLD")


def test_a_goal_that_breaks_ends_the_bench_with_a_fault(told, capsys):
    ours = told.measured["ours"]

    def keeps(*, days: int, **figures: float) -> bool:
        found = msgspec.structs.replace(ours, **{**HELD, **figures})
        return world_bench.kept(Simulated(
            people=PEOPLE, days=days, seed=1, measured={"ours": found}, assumptions={}
        ))

    assert keeps(days=8)
    assert not keeps(days=8, gini_first_notes=0.51)
    assert not keeps(days=8, answered_24h_ratio=0.94)
    assert not keeps(days=42, answered_by_week=(0.98, 0.98, 0.98, 0.98, 0.98, 0.9))
    assert "BROKEN: in the last week" in capsys.readouterr().out
    for days in (8, 42):
        assert not keeps(days=days, labelled_over_unlabelled_impressions=1.21)


def test_every_figure_that_is_printed_is_drawn_too(told):
    drawn = ET.fromstring(telling.drawing(told))
    words = [one.text for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    ours = told.measured["ours"]
    for title, figure in (
        ("First notes with 100 impressions in 24 h", ours.impressions_100_ratio),
        ("Hours to the first answer", ours.answer_median_h),
        ("Gini of impressions over first notes", ours.gini_first_notes),
        ("Overlap of first pages", ours.overlap_different_picks),
        ("Comments across languages", ours.foreign_comments_ratio),
        ("Cases a moderator and day", ours.cases_per_moderator_day),
    ):
        below = words[words.index(title) + 1 :]
        assert f"{figure:.2f}" in below[:2]
    never = msgspec.structs.replace(ours, answer_p90_h=math.inf, gini_first_notes=math.nan)
    again = ET.fromstring(telling.drawing(msgspec.structs.replace(
        told, measured={"ours": never}
    )))
    assert "never" in [one.text for one in again.iter("{http://www.w3.org/2000/svg}text")]


def test_the_command_tells_json_and_draws(tmp_path):
    drawn = tmp_path / "world.svg"
    found = subprocess.run(
        [sys.executable, "-m", "catflap", "simulate", "--people", "300", "--days", "2",
         "--processes", "1", "--plot", str(drawn), "--json"],
        capture_output=True, text=True, check=True,
    )
    told = json.loads(found.stdout)
    assert set(told["measured"]) == {"ours", "popularity"}
    assert told["assumptions"]["exodus_ratio"] == assumptions.EXODUS_RATIO
    assert drawn.read_text().count("<polyline") == 4
