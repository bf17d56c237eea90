"""A simulated world, told to a person: a table with a goal beside each number, and a drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

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


def broken(told: Simulated) -> list[str]:
    """Goals that ours does not keep."""
    ours = next(iter(told.measured.values()))
    return [
        label.strip() for label, goal, value in _ROWS if holds(goal, value(ours)) is False
    ]


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
        held = holds(goal, cells[0])
        said = "" if held is None else "  holds" if held else "  DOES NOT HOLD"
        yield f"{label:42}{goal:>8}" + "".join(map(_cell, cells)) + said
    yield ""
    for name, found in told.measured.items():
        shares = " ".join("–" if math.isnan(s) else f"{s:.2f}" for s in found.answered_by_week)
        yield f"answered within 24 h by week, {name}: {shares}"


def _cell(value: float) -> str:
    if math.isnan(value):
        return f"{'–':>12}"
    if math.isinf(value):
        return f"{'never':>12}"
    return f"{value:12.2f}" if abs(value) < 1000 else f"{value:12.0f}"


_WIDTH, _HEIGHT, _EDGE = 640, 220, 40
_SVG = "http://www.w3.org/2000/svg"
_INKS = ("#b3541e", "#4a6fa5")
_BAR_PX, _BARS_FROM = 16, 240


_Value = Callable[[Measured], float]
_FIGURES: tuple[tuple[str, float | None, tuple[tuple[str, _Value], ...]], ...] = (
    ("First notes with 100 impressions in 24 h", 1.0, (
        ("", lambda m: m.impressions_100_ratio),
    )),
    ("Hours to the first answer", None, (
        ("median", lambda m: m.answer_median_h),
        ("90th percentile", lambda m: m.answer_p90_h),
    )),
    ("Gini of impressions over first notes", 1.0, (("", lambda m: m.gini_first_notes),)),
    ("Overlap of first pages", 1.0, (
        ("other picks", lambda m: m.overlap_different_picks),
        ("the same picks", lambda m: m.overlap_same_picks),
    )),
    ("Comments across languages", 1.0, (
        ("", lambda m: m.foreign_comments_ratio),
        ("if all met at random", lambda m: m.foreign_comments_expected_ratio),
    )),
    ("Cases a moderator and day", None, (("", lambda m: m.cases_per_moderator_day),)),
)
"""Title, what a whole bar is (the highest where None), and the bars of each world."""


def drawing(told: Simulated) -> str:
    """An SVG of what went day by day and week by week as lines, and of the figures as bars."""
    days = {name: list(map(float, m.daily_readers)) for name, m in told.measured.items()}
    weeks = {name: list(m.answered_by_week) for name, m in told.measured.items()}
    figures, height = _figures(told.measured, top=2.0 * _HEIGHT)
    return "\n".join([
        f'<svg xmlns="{_SVG}" viewBox="0 0 {_WIDTH} {height:g}" font-size="12">',
        *_panel("Pages read on each day", days, top=0.0),
        *_panel("First notes answered within 24 h, by week", weeks, top=float(_HEIGHT), most=1.0),
        *figures,
        "</svg>",
    ])


def _figures(measured: Mapping[str, Measured], *, top: float) -> tuple[list[str], float]:
    """Every figure with its bars, and where the drawing ends."""
    lines: list[str] = []
    for title, most, values in _FIGURES:
        lines.append(f'<text x="{_EDGE}" y="{top + 20:g}">{title}</text>')
        top += 28
        bars = [
            (f"{name}, {label}" if label else name, value(found), ink)
            for label, value in values
            for (name, found), ink in zip(measured.items(), _INKS, strict=False)
        ]
        whole = most or max((v for _, v, _ in bars if math.isfinite(v)), default=1.0) or 1.0
        for label, value, ink in bars:
            lines += _bar(label, value, ink=ink, whole=whole, top=top)
            top += _BAR_PX
        top += 8
    return lines, top + _EDGE / 2


def _bar(label: str, value: float, *, ink: str, whole: float, top: float) -> Iterator[str]:
    """One bar and its number; what never happens fills it, what nobody counted has none."""
    room = _WIDTH - _BARS_FROM - 2 * _EDGE
    width = 0.0 if math.isnan(value) else room * min(1.0, value / whole)
    middle = top + _BAR_PX / 2
    yield f'<text x="{_EDGE}" y="{middle + 4:g}" fill="{ink}">{label}</text>'
    yield (
        f'<rect x="{_BARS_FROM}" y="{top + 2:g}" width="{width:.1f}" height="{_BAR_PX - 4}" '
        f'fill="{ink}"/>'
    )
    said = _cell(value).strip()
    yield f'<text x="{_BARS_FROM + width + 6:.1f}" y="{middle + 4:g}">{said}</text>'


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
