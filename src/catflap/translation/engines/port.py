"""The port every engine stands behind: a card, one verb, three errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from catflap.ground.errors import CatflapError
from catflap.translation.codes import Lang


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine is. ``name`` is shown to readers; ``leaves_house`` says that words do."""

    name: str
    version: str
    batch_limit_chars: int
    batch_limit_texts: int
    leaves_house: bool


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Texts of one language for one other, within the card's limits; placeholders stay."""

    source: Lang
    target: Lang
    texts: Sequence[str]


class Engine(Protocol):
    """Something that translates."""

    @property
    def card(self) -> Card:
        """What it is."""

    async def translate(self, batch: Batch) -> list[str]:
        """One answer for each text, in order.

        Raises:
            EngineBusy: it cannot now, and says when to come back.
            PairUnsupported: it never can, for this pair.
            EngineRefused: it answered something that is no answer.
        """


class EngineBusy(CatflapError):
    """The engine is overloaded, out of budget, or does not answer."""

    def __init__(self, *, retry_after_s: float) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class PairUnsupported(CatflapError):
    """The engine does not know these two languages."""

    def __init__(self, *, source: str, target: str) -> None:
        super().__init__(source, target)
        self.source = source
        self.target = target


class EngineRefused(CatflapError):
    """The engine refused, or answered in a form that is none; ``reason`` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
