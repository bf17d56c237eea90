"""A simulated world, told to a person: a table with a goal beside each number, and a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from catflap.feed.world.measuring import Measured
from catflap.feed.world.running import Simulated


def last(measured: Measured) -> float:
    """The share answered in the last week that has first notes."""
    known = [share for share in measured.answered_by_week if not math.isnan(share)]
    return known[-1] if known else math.nan


_ROWS: tuple[tuple[str, str, Callable[[Measured], float]], ...] = (
    ("first notes with 100 impressions in 24 h", "", lambda m: m.impressions_100_ratio),
    ("  of those the cap could carry", "≥ 0.97", lambda m: m.impressions_100_within_cap_ratio),
    ("  share that the cap could carry", "", lambda m: m.within_cap_ratio),
    ("  share that reached what was told", "", lambda m: m.told_target_ratio),
    ("  lowest target that was told", "", lambda m: m.least_target),
    ("impressions in 24 h, median", "", lambda m: m.impressions_median),
    ("impressions in 24 h, lowest twentieth", "", lambda m: m.impressions_p5),
    ("floor's share of all that was shown", "≤ 0.15", lambda m: m.floor_ratio),
    ("first notes answered within 24 h", "≥ 0.95", lambda m: m.answered_24h_ratio),
    ("  and across languages", "", lambda m: m.answered_foreign_24h_ratio),
    ("  in the last week", "≥ 0.95", last),
    ("time to first answer, median, h", "", lambda m: m.answer_median_h),
    ("time to first answer, 90th percentile, h", "", lambda m: m.answer_p90_h),
    ("answered, untagged over tagged", "≥ 0.90", lambda m: m.untagged_over_tagged_answered),
    ("impressions, labelled over unlabelled", "≤ 1.20",
     lambda m: m.labelled_over_unlabelled_impressions),
    ("Gini of impressions, first notes", "≤ 0.50", lambda m: m.gini_first_notes),
    ("Gini of impressions, all notes", "", lambda m: m.gini_all_notes),
    ("comments under the top tenth of notes", "< 0.60", lambda m: m.top_tenth_comments_ratio),
    ("comments across languages", "", lambda m: m.foreign_comments_ratio),
    ("  if all met at random", "", lambda m: m.foreign_comments_expected_ratio),
    ("overlap of first pages, other picks", "≤ 0.25", lambda m: m.overlap_different_picks),
    ("overlap of first pages, same picks", "≤ 0.60", lambda m: m.overlap_same_picks),
    ("cases a moderator and day", "", lambda m: m.cases_per_moderator_day),
    ("most cases waiting", "", lambda m: float(m.cases_waiting_max)),
    ("likes for each impression", "", lambda m: m.likes_ratio),
)


def holds(goal: str, found: float) -> bool | None:
    """Whether a number keeps to its goal; None where there is no goal or no number."""
    if not goal or math.isnan(found):
        return None
    sign, _, bound = goal.partition(" ")
    limit = float(bound)
    return {"≥": found >= limit, "≤": found <= limit, "<": found < limit}[sign]


def report(told: Simulated) -> Iterator[str]:
    """Lines for a person."""
    yield f"{told.people} people, {told.days} days, seed {told.seed}: an assumed world, no forecast"
    for name, found in told.measured.items():
        yield f"{name}: {found.pages} pages, {found.first_notes} first notes of newcomers"
    yield ""
    names = list(told.measured)
    yield f"{'':42}{'goal':>8}" + "".join(f"{name:>12}" for name in names)
    for label, goal, value in _ROWS:
        cells = [value(told.measured[name]) for name in names]
        yield f"{label:42}{goal:>8}" + "".join(map(_cell, cells)) + _said(holds(goal, cells[0]))
    yield ""
    for name, found in told.measured.items():
        shares = " ".join("–" if math.isnan(s) else f"{s:.2f}" for s in found.answered_by_week)
        yield f"answered within 24 h by week, {name}: {shares}"


def _said(held: bool | None) -> str:
    return "" if held is None else "  holds" if held else "  DOES NOT HOLD"


def _cell(value: float) -> str:
    if math.isnan(value):
        return f"{'–':>12}"
    if math.isinf(value):
        return f"{'never':>12}"
    return f"{value:12.2f}" if abs(value) < 1000 else f"{value:12.0f}"


_WIDTH, _HEIGHT, _EDGE = 640, 220, 40
_SVG = "http://www.w3.org/2000/svg"
_INKS = ("#b3541e", "#4a6fa5")


def drawing(told: Simulated) -> str:
    """An SVG of the pages read on each day and of the first notes answered in each week."""
    days = {name: list(map(float, m.daily_readers)) for name, m in told.measured.items()}
    weeks = {name: list(m.answered_by_week) for name, m in told.measured.items()}
    return "\n".join([
        f'<svg xmlns="{_SVG}" viewBox="0 0 {_WIDTH} {2 * _HEIGHT}" font-size="12">',
        *_panel("Pages read on each day", days, top=0.0),
        *_panel("First notes answered within 24 h, by week", weeks, top=float(_HEIGHT), most=1.0),
        "</svg>",
    ])


def _panel(
    title: str, lines: dict[str, list[float]], *, top: float, most: float | None = None
) -> Iterator[str]:
    highest = most or max((v for line in lines.values() for v in line), default=1.0) or 1.0
    yield f'<text x="{_EDGE}" y="{top + 20}">{title} (0 to {highest:g})</text>'
    for (name, line), ink in zip(lines.items(), _INKS, strict=False):
        step = (_WIDTH - 2 * _EDGE) / max(1, len(line) - 1)
        points = [
            f"{_EDGE + at * step:.1f},{top + _HEIGHT - 20 - value / highest * (_HEIGHT - 60):.1f}"
            for at, value in enumerate(line) if not math.isnan(value)
        ]
        yield (
            f'<polyline fill="none" stroke="{ink}" stroke-width="2" points="{" ".join(points)}"/>'
        )
        yield (
            f'<text x="{_WIDTH - _EDGE}" y="{top + 20 + 16 * list(lines).index(name)}" '
            f'text-anchor="end" fill="{ink}">{name}</text>'
        )
