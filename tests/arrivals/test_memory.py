"""Reading an archive takes the same memory however large it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bench import importing

ROOT = Path(importing.__file__).parents[1]
GROWTH_MAX_MB = 10
"""From 2 MB to 30 MB: whoever kept what was read, or read a member whole, takes more than all of it."""
_CODE = """
import json, sys
from bench import importing
size_mb, packed = int(sys.argv[2]), sys.argv[3] == "packed"
print(json.dumps(importing.apart(getattr(importing, sys.argv[1]), size_mb, packed=packed)))
"""


def read(shape: str, size_mb: int, *, how: str) -> dict[str, float]:
    """What the real child took; by a small process, since a peak counts whoever began it too."""
    told = subprocess.run(
        [sys.executable, "-c", _CODE, shape, str(size_mb), how],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    return json.loads(told.stdout)


@pytest.mark.parametrize("how", ["packed", "bare"])
def test_history_is_passed_over_in_the_same_memory_however_much_it_is(how):
    small, large = (read("typical", size_mb, how=how) for size_mb in (2, 30))
    assert large["peak_mb"] - small["peak_mb"] < GROWTH_MAX_MB
    assert large["peak_mb"] < importing.TARGET_MB


def test_what_is_kept_goes_on_in_batches_and_is_not_gathered():
    small, large = (read("worst", size_mb, how="bare") for size_mb in (2, 12))
    assert (small["posts"], large["posts"]) == (5_000, 5_000)
    assert large["handles"] > 3 * small["handles"]
    # What stays is which handles there were, each once, and there are bounds to that.
    assert large["peak_mb"] - small["peak_mb"] < 2 * GROWTH_MAX_MB
