"""How warm a note is: recent, and answered.

Warmth only grows with time of posting and with what people do, so it can be kept and indexed,
and a page that was read once stays in place: the logarithm of weighed reactions, plus the hour of
posting over a constant. Ten times the reactions outweigh `HOURS_PER_TENFOLD` hours.

Source: the form is that of Reddit's published "hot" ranking (2009); comments count four and
collects two, because an answer is worth more to its author than a tap.
"""

from __future__ import annotations

import math
from datetime import datetime

from catflap.ground.ids import EPOCH

HOURS_PER_TENFOLD = 18.0
COMMENT_WEIGHT = 4
COLLECT_WEIGHT = 2


def warmth(*, made_at: datetime, likes: int, comments: int, collects: int) -> float:
    """The rank of a note; only differences between notes mean something."""
    reactions = likes + COMMENT_WEIGHT * comments + COLLECT_WEIGHT * collects
    hours = (made_at - EPOCH).total_seconds() / 3600
    return math.log10(1 + max(0, reactions)) + hours / HOURS_PER_TENFOLD
