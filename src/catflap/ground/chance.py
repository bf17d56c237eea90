"""What is left to chance and people may see: ids' random bits, folders' names, codes.

Everybody asks here, so that the demo comes out the same from one seed, as `clock` does for time. It
is the system's own chance, which nobody can foresee, but while the demo is seeded. Passwords,
sessions and keys ask ``secrets`` itself and are never repeated.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

_rng: random.Random = secrets.SystemRandom()


def below(limit: int) -> int:
    """A number from 0 up to ``limit``, exclusive."""
    return _rng.randrange(limit)


def code(letters: str, *, chars: int) -> str:
    """A code of so many letters, each drawn from ``letters``."""
    return "".join(_rng.choice(letters) for _ in range(chars))


@contextmanager
def drawn_from(rng: random.Random) -> Iterator[None]:
    """Let chance be ``rng`` for the duration of the demo's seeding."""
    global _rng
    before, _rng = _rng, rng
    try:
        yield
    finally:
        _rng = before
