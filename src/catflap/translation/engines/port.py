"""The port every engine stands behind: a card, one verb, three errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from catflap.ground.errors import CatflapError
from catflap.translation.codes import Lang


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine is. ``name`` is shown to readers; ``leaves_house`` says that words do.

    An engine that ``takes_sentences`` is given them one by one, others whole lines. One that
    ``takes_context`` is given the lines of one text at a time, with what is known of it.
    One that ``copies_numbers`` is given them as they are. One that ``takes_orders`` is told in
    words what to do, and may take a text for its orders. ``licence`` is that of its weights, ""
    where that is its server's business.
    """

    name: str
    version: str
    batch_limit_chars: int
    batch_limit_texts: int
    leaves_house: bool
    takes_sentences: bool = False
    takes_context: bool = False
    copies_numbers: bool = False
    takes_orders: bool = False
    licence: str = ""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the glossary that stands in a batch, and what it is to become."""

    text: str
    rendering: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Texts of one language for one other, within the card's limits; placeholders stay.

    ``context`` is the title and tags of what they stand in, without mentions, links or numbers.
    """

    source: Lang
    target: Lang
    texts: Sequence[str]
    context: str = ""
    terms: Sequence[Term] = ()


class Engine(Protocol):
    """Something that translates."""

    @property
    def card(self) -> Card:
        """What it is."""

    @property
    def tokens_spent(self) -> int:
        """Tokens its server has counted since this engine was made; 0 where none are."""

    def supports(self, source: Lang, target: Lang) -> bool:
        """Whether it may know this pair; only asking tells for sure."""

    def via(self, source: Lang, target: Lang) -> Lang | None:
        """The language in between, where there is no direct way."""

    async def close(self) -> None:
        """Let go of what it holds."""

    async def translate(self, batch: Batch) -> list[str]:
        """One answer for each text, in order.

        Raises:
            EngineBusy: it cannot now, and says when to come back.
            PairUnsupported: it never can, for this pair.
            EngineRefused: it answered something that is no answer.
        """


class EngineBusy(CatflapError):
    """The engine is overloaded, out of budget, not let in, or does not answer.

    ``reason`` is for the operator, "" where there is nothing for them to do.
    """

    def __init__(self, *, retry_after_s: float, reason: str = "") -> None:
        super().__init__(reason or retry_after_s)
        self.retry_after_s = retry_after_s
        self.reason = reason


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
