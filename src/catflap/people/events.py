"""Facts about people."""

from __future__ import annotations

from catflap.ground.events import Event


class PersonJoined(Event):
    """Somebody signed up."""

    person: int


class PersonFollowed(Event):
    """``follower`` began to follow ``followed``."""

    follower: int
    followed: int


class PersonLeft(Event):
    """Somebody deleted their account; ``media`` are the files to be deleted too."""

    person: int
    handle: str
