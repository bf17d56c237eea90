"""What can go wrong with translation.

CatflapError
├── SpansLost      an engine lost or invented a span that must survive
└── AnswerRefused  an engine's answer failed a check, with the reason

Engines raise the three of `engines.port`.
"""

from __future__ import annotations

from enum import StrEnum

from catflap.ground.errors import CatflapError


class SpansLost(CatflapError):
    """Spans that are missing from an answer, or are there more than once."""

    def __init__(self, *, missing: tuple[str, ...], repeated: tuple[str, ...]) -> None:
        super().__init__(missing, repeated)
        self.missing = missing
        self.repeated = repeated


class Reason(StrEnum):
    """Why an answer is not shown."""

    EMPTY = "empty"
    UNCHANGED = "unchanged"
    WRONG_SCRIPT = "wrong_script"
    LENGTH = "length"
    REPETITION = "repetition"
    MARKUP = "markup"
    CONTROL = "control"
    SPANS = "spans"


class AnswerRefused(CatflapError):
    """An answer that must not reach a reader."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
