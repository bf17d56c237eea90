"""The log says where something went wrong, and no secret."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULT = """
from catflap.ground import logging
import structlog
logging.set_up(level="info", as_json={as_json})
def enter(handle, password):
    raise RuntimeError("the sky fell")
try:
    enter("juniper", "correct horse 9")
except RuntimeError:
    structlog.get_logger().exception("fault", cookie="catflap=abcdef", path="/enter")
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_a_fault_is_logged_with_its_place_and_without_what_was_in_hand(as_json):
    done = subprocess.run(
        [sys.executable, "-c", FAULT.format(as_json=as_json)], capture_output=True, text=True
    )
    said = done.stderr
    assert "the sky fell" in said
    assert "/enter" in said
    assert "line" in said or "lineno" in said
    assert "correct horse 9" not in said
    assert "abcdef" not in said
