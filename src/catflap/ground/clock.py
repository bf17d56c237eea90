"""What time it is. Every feature asks here, so that tests can move time.

Instants are aware and in UTC, with microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta()
_frozen: datetime | None = None


def now() -> datetime:
    """The present instant, aware, UTC."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) + _offset


@contextmanager
def frozen_at(instant: datetime) -> Iterator[None]:
    """Stop the clock at ``instant`` for the duration of a test or of the demo's seeding."""
    global _frozen
    before, _frozen = _frozen, instant
    try:
        yield
    finally:
        _frozen = before


@contextmanager
def moved_by(delta: timedelta) -> Iterator[None]:
    """Run the clock ``delta`` ahead for the duration of a test."""
    global _offset
    before, _offset = _offset, _offset + delta
    try:
        yield
    finally:
        _offset = before
