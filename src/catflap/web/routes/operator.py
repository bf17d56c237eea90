"""The operator's page: what translation covers, how long it takes, what it costs; what is doubted.

Figures are sums by day, never of a person. Only those named in the setting `operators` see them;
what waits for hosts every host sees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec
from starlette.responses import RedirectResponse, Response

from catflap.ground.errors import NotFound
from catflap.notes import families, translating
from catflap.translation import figures, prices, suggesting
from catflap.translation import queries as translation
from catflap.translation.codes import Lang, canonical
from catflap.translation.figures import WAIT_STEPS_S, Figure, Sum, wait_figure
from catflap.translation.model import TextKey
from catflap.translation.prices import Prices, summed
from catflap.web import rendering
from catflap.web.door import Door
from catflap.web.forms import form
from catflap.web.routes.explore import unread
from catflap.web.visit import Visit

SPANS_DAYS = (1, 7, 30, 365)
QUEUE_LOOKED_AT = 500
QUEUE_SHOWN = 50


class PairFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One language pair: shares as ratios, waits in seconds (upper ends of their buckets).

    ``calls``, ``errors`` and ``cost`` are those of engines asked for this very pair; where two are
    joined, each counts under its own.
    """

    source: str
    target: str
    views: int
    covered_ratio: float | None
    texts: int
    refused: int
    calls: int
    errors: int
    cost: float | None
    wait_p50_s: float | None
    wait_p95_s: float | None
    corrections_per_1000: float | None
    doubts_per_1000: float | None


class EngineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One engine's work and cost."""

    name: str
    calls: int
    errors: int
    chars: int
    tokens: int
    mean_ms: float | None
    texts: int
    doubts_per_1000: float | None
    corrections_per_1000: float | None
    cost: float | None
    """In the currency of the settings, here as above; None where they name no price."""


def _ratio(part: int, whole: int, *, per: int = 1) -> float | None:
    return round(per * part / whole, 4) if whole else None


def quantile_s(buckets: Mapping[str, int], ratio: float) -> float | None:
    """The upper end of the bucket that holds a quantile; infinity for the open one."""
    whole = sum(buckets.values())
    seen = 0
    for step in WAIT_STEPS_S:
        seen += buckets.get(wait_figure(step), 0)
        if whole and seen >= ratio * whole:
            return float(step)
    return float("inf") if whole else None


def _by(rows: Iterable[Sum], *names: str) -> dict[tuple[str, ...], dict[str, int]]:
    found: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        found[tuple(getattr(row, name) for name in names)][row.figure] += row.sum
    return found


def pairs(rows: list[Sum], *, prices: Prices) -> list[PairFigures]:
    """Figures by language pair, most seen first."""
    costs: dict[tuple[str, str], list[float | None]] = defaultdict(list)
    for (source, target, name), sums in _by(rows, "source", "target", "engine").items():
        costs[source, target].append(_cost(prices, name, sums))
    made = []
    for (source, target), sums in _by(rows, "source", "target").items():
        if not source:
            continue
        views, texts = sums[Figure.VIEWS_FOREIGN], sums[Figure.TEXTS]
        waits = {name: count for name, count in sums.items() if name.startswith("wait_")}
        made.append(PairFigures(
            source=source, target=target, views=views, texts=texts, refused=sums[Figure.REFUSED],
            calls=sums[Figure.CALLS], errors=sums[Figure.ERRORS],
            cost=summed(costs[source, target]),
            covered_ratio=_ratio(sums[Figure.VIEWS_TRANSLATED], views),
            wait_p50_s=quantile_s(waits, 0.5), wait_p95_s=quantile_s(waits, 0.95),
            corrections_per_1000=_ratio(sums[Figure.CORRECTIONS], texts, per=1000),
            doubts_per_1000=_ratio(sums[Figure.DOUBTS], texts, per=1000),
        ))
    return sorted(made, key=lambda pair: (-pair.views, pair.source, pair.target))


def _cost(prices: Prices, engine: str, sums: Mapping[str, int]) -> float | None:
    if not sums[Figure.CHARS] and not sums[Figure.TOKENS]:
        return None
    return prices.cost(engine, chars=sums[Figure.CHARS], tokens=sums[Figure.TOKENS])


def engines(rows: list[Sum], *, prices: Prices) -> list[EngineFigures]:
    """Figures by engine, most asked first."""
    made = []
    for (name,), sums in _by(rows, "engine").items():
        if not name:
            continue
        calls, texts = sums[Figure.CALLS], sums[Figure.TEXTS]
        made.append(EngineFigures(
            name=name, calls=calls, errors=sums[Figure.ERRORS], chars=sums[Figure.CHARS],
            tokens=sums[Figure.TOKENS], mean_ms=_ratio(sums[Figure.MILLISECONDS], calls),
            texts=texts, doubts_per_1000=_ratio(sums[Figure.DOUBTS], texts, per=1000),
            corrections_per_1000=_ratio(sums[Figure.CORRECTIONS], texts, per=1000),
            cost=prices.cost(name, chars=sums[Figure.CHARS], tokens=sums[Figure.TOKENS]),
        ))
    return sorted(made, key=lambda engine: (-engine.calls, engine.name))


async def figures_page(door: Door, visit: Visit) -> Response:
    """What translation does and costs here."""
    if not visit.is_operator:
        raise NotFound("page")
    asked = visit.request.query_params.get("days", "7")
    days = int(asked) if asked in map(str, SPANS_DAYS) else 7
    chosen = door.house.settings
    async with door.house.database.reads() as reads:
        rows = await figures.since(reads, days=days)
        priced = prices.of(
            door.house.routes, chars=chosen.engine_price_chars,
            tokens=chosen.engine_price_tokens, currency=chosen.engine_currency,
        )
        by_pair, by_engine = pairs(rows, prices=priced), engines(rows, prices=priced)
        if visit.wants_json:
            return rendering.json({"days": days, "pairs": by_pair, "engines": by_engine})
        return rendering.page(
            visit, "operator.html", days=days, pairs=by_pair, engines=by_engine,
            currency=chosen.engine_currency, costs=any(e.cost is not None for e in by_engine),
            spans=SPANS_DAYS, unread=await unread(reads, visit),
        )


async def queue(door: Door, visit: Visit) -> Response:
    """What waits for hosts: doubted translations, suggestions and tags to decide on."""
    if visit.viewer is None or not visit.is_host:
        raise NotFound("page")
    async with door.house.database.reads() as reads:
        # More than are shown: some are of texts that their authors took back, or of hidden ones.
        doubted = await suggesting.doubted(reads, count=QUEUE_LOOKED_AT)
        waiting = await suggesting.waiting(reads, count=QUEUE_LOOKED_AT)
        tags = (await families.waiting(reads, viewer=visit.viewer)).proposals
        asked = [(TextKey(row.text_key), row.target) for row in doubted]
        asked += [(TextKey(row.text_key), row.target) for row in waiting]
        places = await translating.holding(reads, [key for key, _ in asked], viewer=visit.viewer)
        by_target: dict[str, list[TextKey]] = defaultdict(list)
        for key, target in asked:
            if key in places:
                by_target[target].append(key)
        texts = {
            (key, target): kept
            for target, keys in by_target.items()
            for key, kept in (
                await translation.kept(reads, keys, target=Lang(target))
            ).items()
        }
        return rendering.page(
            visit, "queue.html", places=places, texts=texts,
            doubted=[row for row in doubted if (row.text_key, row.target) in texts][:QUEUE_SHOWN],
            waiting=[row for row in waiting if (row.text_key, row.target) in texts][:QUEUE_SHOWN],
            tags=tags, unread=await unread(reads, visit),
        )


async def settle(door: Door, visit: Visit) -> Response:
    """Say that a doubted translation is right after all."""
    assert visit.viewer is not None
    async with form(visit.request) as fields:
        key, target = TextKey(fields.text("key")), canonical(fields.text("to"))
    async with door.house.database.tx() as tx:
        await translating.settle(tx, key, target=target, by=visit.viewer)
    return RedirectResponse("/translations", status_code=303)
