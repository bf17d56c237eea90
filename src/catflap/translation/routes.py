"""Which engines a language pair is given to, in order.

An operator names them per pair, or leaves it to the general order. Where no direct engine knows
a pair, two are joined through English, and readers are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from catflap.translation.codes import ENGLISH, Lang
from catflap.translation.engines.pivoting import Pivoting
from catflap.translation.engines.port import Engine


class Routes:
    """The engines by name and the order of each pair.

    ``chosen`` is by pair as ``zh-en``; ``general`` the order of every other pair.
    """

    def __init__(
        self, engines: Mapping[str, Engine], *, general: Sequence[str] = (),
        chosen: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._engines = dict(engines)
        self._general = tuple(general) or tuple(engines)
        self._chosen = dict(chosen or {})
        self._pivots: dict[tuple[str, str], Pivoting] = {}

    @property
    def engines(self) -> Sequence[Engine]:
        """Every engine, each once."""
        return tuple(self._engines.values())

    @property
    def names(self) -> Sequence[str]:
        """The names that settings call them by."""
        return tuple(self._engines)

    def shown(self, name: str) -> str:
        """What readers and figures call an engine that settings call ``name``."""
        return self._engines[name].card.name

    def through(self, wrapped: Callable[[Engine], Engine]) -> Routes:
        """The same routes, with each engine wrapped in another, once."""
        engines = {name: wrapped(engine) for name, engine in self._engines.items()}
        return Routes(engines, general=self._general, chosen=self._chosen)

    def alone(self, name: str) -> Routes:
        """One engine by itself, for every pair."""
        return Routes({name: self._engines[name]})

    def __bool__(self) -> bool:
        return bool(self._engines)

    def _order(self, source: Lang, target: Lang) -> Sequence[str]:
        return self._chosen.get(f"{source}-{target}", self._general)

    def route(self, source: Lang, target: Lang) -> Sequence[Engine]:
        """The engines that may know this pair, first choice first; pivots only where none does."""
        direct = [
            self._engines[name]
            for name in self._order(source, target)
            if self._engines[name].supports(source, target)
        ]
        if direct or ENGLISH in (source, target):
            return direct
        return [
            self._pivot(first, second)
            for first in self._order(source, ENGLISH)[:2]
            for second in self._order(ENGLISH, target)[:2]
            if self._pivot(first, second).supports(source, target)
        ][:2]

    def told(self, source: Lang, target: Lang) -> str:
        """A pair's engines with their versions, in order: other words after any change of them."""
        cards = [engine.card for engine in self.route(source, target)]
        return " → ".join(f"{card.name} {card.version}" for card in cards)

    def _pivot(self, first: str, second: str) -> Pivoting:
        name = (first, second)
        if name not in self._pivots:
            self._pivots[name] = Pivoting(
                self._engines[first], self._engines[second], through=ENGLISH
            )
        return self._pivots[name]

    def has(self, source: Lang, target: Lang) -> bool:
        """Whether anything may translate this pair."""
        return bool(self.route(source, target))
