"""What engines cost in money, by the prices that an operator set.

Settings call an engine by its kind (`deepl`), figures by the name that readers see (`DeepL`, or the
model's own): prices are looked up by both.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from catflap.translation.routes import Routes

MILLION = 1_000_000


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """Prices of a million characters and of a million tokens, by the name in the figures."""

    chars: Mapping[str, float] = {}
    tokens: Mapping[str, float] = {}
    currency: str = ""

    def cost(self, engine: str, *, chars: int, tokens: int) -> float | None:
        """What an engine cost, in the currency; None where it has no price."""
        if engine not in self.chars and engine not in self.tokens:
            return None
        return (
            chars * self.chars.get(engine, 0.0) + tokens * self.tokens.get(engine, 0.0)
        ) / MILLION


def summed(costs: list[float | None]) -> float | None:
    """Costs together, of those that have a price; None where none has."""
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None


def of(
    routes: Routes, *, chars: Mapping[str, float], tokens: Mapping[str, float], currency: str
) -> Prices:
    """The prices of the settings, which name engines their own way.

    A price under a name of the figures stands too: that of a model asked before another.
    """
    shown = {name: routes.shown(name) for name in routes.names}

    def named(prices: Mapping[str, float]) -> Mapping[str, float]:
        return {**{shown.get(name, name): price for name, price in prices.items()}, **prices}

    return Prices(chars=named(chars), tokens=named(tokens), currency=currency)
