"""64-bit ids that sort by time and know their author's shard.

Layout, high to low: 41 bits of milliseconds since 2025-01-01 (until 2094), 9 bits of shard
(512), 7 bits of process, 6 bits of sequence. Bits for the shard are there from day one so that a
community can be split over databases without renaming anything. Outside the process ids are
decimal strings. Source: the layout follows Twitter's Snowflake (2010), with a shard in place of
the datacentre.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from catflap.ground import chance, clock

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
SHARDS = 512
PROCESSES = 128
SEQUENCES = 64
"""In each millisecond; whoever wants more in one takes from the next."""

_SHARD_SHIFT = 13
_TIME_SHIFT = 22
_MAX = (1 << 63) - 1

_process = chance.below(PROCESSES)
_last_ms = -1
_sequence = 0


def become_process(number: int) -> None:
    """Take a process number (0 to 127) of one's own: `numbering` gives them out.

    A process that takes none, as a command does that runs for a moment, has one by chance.
    """
    global _process
    if not 0 <= number < PROCESSES:
        raise ValueError(f"process number must be 0 to {PROCESSES - 1}, not {number}")
    _process = number


@contextmanager
def drawn_from(rng: random.Random) -> Iterator[None]:
    """Make the ids that ``rng`` and the clock alone decide, as a process does that has made none.

    For the demo's seeding: a database that others write to meanwhile might get an id twice.
    """
    global _process, _last_ms, _sequence
    before = _process, _last_ms, _sequence
    _process, _last_ms, _sequence = 0, -1, 0
    try:
        with chance.drawn_from(rng):
            yield
    finally:
        _process, _last_ms, _sequence = before


def new(*, shard: int, at: datetime | None = None) -> int:
    """A new id in ``shard`` (0 to 511), now or at an earlier instant.

    Ids made for an earlier instant take a random sequence, because another process may have
    made ids then; the primary key refuses the rare collision.
    """
    global _last_ms, _sequence
    if at is not None:
        ms = max(0, (at - EPOCH) // timedelta(milliseconds=1))
        return _pack(ms, shard, chance.below(PROCESSES * SEQUENCES))
    ms = (clock.now() - EPOCH) // timedelta(milliseconds=1)
    if ms <= _last_ms:
        ms = _last_ms
        _sequence += 1
        if _sequence >= SEQUENCES:
            ms += 1
            _sequence = 0
    else:
        _sequence = 0
    _last_ms = ms
    return _pack(ms, shard, _process * SEQUENCES + _sequence)


def _pack(ms: int, shard: int, rest: int) -> int:
    return (ms << _TIME_SHIFT) | ((shard % SHARDS) << _SHARD_SHIFT) | rest


def shard_of(id_: int) -> int:
    """The shard (0 to 511) that an id lives in."""
    return (id_ >> _SHARD_SHIFT) & (SHARDS - 1)


def random_shard() -> int:
    """A shard for a new person; everything they make follows them there."""
    return chance.below(SHARDS)


def made_at(id_: int) -> datetime:
    """When an id was made, to the millisecond."""
    return EPOCH + timedelta(milliseconds=id_ >> _TIME_SHIFT)


def first_at(at: datetime) -> int:
    """The lowest id of an instant: whatever was made since then has a higher one."""
    return max(0, (at - EPOCH) // timedelta(milliseconds=1)) << _TIME_SHIFT


def from_text(text: str) -> int | None:
    """The id that a decimal string stands for, or None where it stands for none.

    Only ASCII digits count: Python's ``int`` also takes ``١٢``, signs, spaces and underscores.
    """
    if not 0 < len(text) <= 19 or not (text.isascii() and text.isdigit()):
        return None
    value = int(text)
    return value if 0 < value <= _MAX else None
