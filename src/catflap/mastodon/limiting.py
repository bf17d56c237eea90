"""How many calls an app may make: a window of five minutes a person, as Mastodon counts them.

Counts stand in this process's memory, bounded; several web processes each keep their own.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime

from catflap.ground import clock
from catflap.ground.errors import TooFast
from catflap.mastodon.entities.written import instant

WINDOW_S = 300
KEYS_KEPT = 50_000


class Limit:
    """At most so many calls in each window; answers carry what is left."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self._spent: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._ends, self._resets = 0, ""

    def spend(self, key: str) -> dict[str, str]:
        """Count one call; the answer is the headers that tell how many are left.

        Raises:
            TooFast: none is left in this window.
        """
        now = int(clock.now().timestamp())
        window = now // WINDOW_S
        held, count = self._spent.pop(key, (window, 0))
        count = count + 1 if held == window else 1
        self._spent[key] = (window, count)
        while len(self._spent) > KEYS_KEPT:
            self._spent.popitem(last=False)
        ends = (window + 1) * WINDOW_S
        if count > self.calls:
            raise TooFast("calls", retry_after_s=max(1, ends - now))
        if self._ends != ends:
            self._ends, self._resets = ends, _instant(ends)
        return self._told(self.calls - count, self._resets)

    def spent(self, refusal: TooFast) -> dict[str, str]:
        """The headers of a refusal, by this limit or another: none is left until it says."""
        now = int(clock.now().timestamp())
        return self._told(0, _instant(now + refusal.retry_after_s))

    def _told(self, left: int, resets: str) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.calls), "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": resets,
        }


def _instant(unix_s: int) -> str:
    return instant(datetime.fromtimestamp(unix_s, UTC))
