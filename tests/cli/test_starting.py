"""The short way to serve and work understands what the long one does, or leaves it to that."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap import app
from catflap.cli import commands, serving, starting, writing
from catflap.cli.wiring import Wiring

WIRING = Wiring(
    open_house=app.open_house, open_database=app.open_database, web=app.web, runner=app.runner
)
WORDS = st.sampled_from([
    "serve", "work", "write", "--end", "--data", "--port", "--host", "--worker", "--no-worker", "--server", "--help",
    "--dat", "--port=81", "-p", "8080", "0", "-1", "٣", "x", "", "here", "127.0.0.1",
])


@pytest.fixture(scope="module")
def begun():
    """What is asked of serving, by whichever way."""
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "serve", lambda _, settings, **more: asked.append((settings, more)))
        patch.setattr(serving, "work", lambda _, settings, **more: asked.append((settings, more)))
        patch.setattr(writing, "write", lambda _, settings, **more: asked.append((settings, more)))
        with pytest.raises(SystemExit):  # the first call loads what all others use
            commands.command_line(WIRING)(["serve"])
        yield asked


@given(st.lists(WORDS, max_size=6))
def test_what_is_plain_is_what_the_command_line_understands(begun, arguments):
    begun.clear()
    if not starting.begin(WIRING, arguments):
        assert begun == []
        return
    by_the_short_way = begun.pop()
    with pytest.raises(SystemExit) as ended:
        commands.command_line(WIRING)(arguments)
    assert not ended.value.code
    assert begun.pop() == by_the_short_way


@pytest.mark.parametrize(("arguments", "found"), [
    (["serve"], ("serve", {})),
    (["serve", "--data", "/tmp/x", "--port", "81", "--no-worker"],
     ("serve", {"data": Path("/tmp/x"), "port": 81, "worker": False})),
    (["work", "--server", "7"], ("work", {"server": 7})),
    (["write", "--end", "9"], ("write", {"end": 9})),
    (["serve", "--help"], None),
    (["serve", "--port", "many"], None),
    (["serve", "--data"], None),
    (["work", "--port", "81"], None),
    (["people", "add"], None),
    ([], None),
])
def test_what_is_plain(arguments, found):
    assert starting.plain(arguments) == found
