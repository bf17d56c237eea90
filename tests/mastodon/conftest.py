"""One server for a module of tests: starting one costs two seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Server
from tests.mastodon.cast import Person, person


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh server that the tests of one module share; each has people of its own."""
    made = Server(
        tmp_path_factory.mktemp("community"), attempts_per_hour="10000", posts_per_hour="100000"
    ).start()
    yield made
    made.stop()


@pytest.fixture
def cast(community: Server) -> Iterator[Callable[..., Person]]:
    """Makes the people of one test: ``cast("moss", reads="en")``."""
    made: list[Person] = []

    def join(name: str, *, reads: str = "en") -> Person:
        made.append(person(community, name, reads=reads))
        return made[-1]

    yield join
    for one in made:
        one.close()
