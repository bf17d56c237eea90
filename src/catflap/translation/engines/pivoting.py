"""Two engines in a row, where no direct one exists: Chinese to English to Spanish.

Errors add up, so a pivot is tried only after every direct engine of the pair, and readers are
told which language stood in between.
"""

from __future__ import annotations

import msgspec

from catflap.translation.codes import Lang
from catflap.translation.engines.port import Batch, Card, Engine


class Pivoting:
    """``first`` into the language in between, ``second`` out of it."""

    def __init__(self, first: Engine, second: Engine, *, through: Lang) -> None:
        self._first = first
        self._second = second
        self._through = through
        one, two = first.card, second.card
        names = dict.fromkeys([one.name, two.name])
        self.card = Card(
            name=" + ".join(names), version=f"{one.version}/{two.version}",
            batch_limit_chars=min(one.batch_limit_chars, two.batch_limit_chars),
            batch_limit_texts=min(one.batch_limit_texts, two.batch_limit_texts),
            leaves_house=one.leaves_house or two.leaves_house,
            takes_sentences=one.takes_sentences or two.takes_sentences,
            takes_orders=one.takes_orders or two.takes_orders,
        )

    @property
    def tokens_spent(self) -> int:
        """Nothing of its own: both halves count theirs."""
        return 0

    def supports(self, source: Lang, target: Lang) -> bool:
        """Whether both halves know their part."""
        return self._first.supports(source, self._through) and self._second.supports(
            self._through, target
        )

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """The language in between."""
        del source, target
        return self._through

    async def close(self) -> None:
        """Nothing of its own is held."""

    async def translate(self, batch: Batch) -> list[str]:
        """Both steps. Terms of the glossary belong to the second: they name its words.

        They stand in no text that it is given: an engine that takes a prompt is told them, and
        what it overlooks is set aside before the first step.
        """
        between = await self._first.translate(
            msgspec.structs.replace(batch, target=self._through, terms=())
        )
        return await self._second.translate(
            msgspec.structs.replace(batch, source=self._through, texts=between)
        )
