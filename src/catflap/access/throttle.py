"""How often somebody may try: a token bucket for each key, in this process's memory.

Counts failed sign-ins, sign-ups, resets and posts. Memory is bounded: the least recently used
keys are forgotten first. Several web processes each keep their own, so the limit holds per
process.
"""

from __future__ import annotations

import math
from collections import OrderedDict

from catflap.ground import clock
from catflap.ground.errors import TooFast

KEYS_KEPT = 20_000


class Throttle:
    """At most ``per_hour`` of ``action`` for each key, refilled evenly."""

    def __init__(self, action: str, *, per_hour: int) -> None:
        self._action = action
        self._burst = float(per_hour)
        self._per_s = per_hour / 3600
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str) -> None:
        """Take one try.

        Raises:
            TooFast: none is left; it says when the next one is.
        """
        now = clock.now().timestamp()
        left, seen = self._buckets.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - seen) * self._per_s)
        if left < 1:
            self._buckets[key] = (left, now)
            raise TooFast(self._action, retry_after_s=math.ceil((1 - left) / self._per_s))
        self._buckets[key] = (left - 1, now)
        while len(self._buckets) > KEYS_KEPT:
            self._buckets.popitem(last=False)

    def is_spent(self, key: str) -> bool:
        """Whether no try is left; takes none."""
        now = clock.now().timestamp()
        left, seen = self._buckets.get(key, (self._burst, now))
        return left + (now - seen) * self._per_s < 1

    def give_back(self, key: str) -> None:
        """Return a try that turned out to be a success."""
        if key in self._buckets:
            left, seen = self._buckets[key]
            self._buckets[key] = (min(self._burst, left + 1), seen)
