"""Facts about people."""

from __future__ import annotations

from catflap.ground.events import Event


class PersonJoined(Event, frozen=True, kw_only=True):
    """Somebody signed up."""

    person: int


class PersonFollowed(Event, frozen=True, kw_only=True):
    """``follower`` began to follow ``followed``."""

    follower: int
    followed: int


class PersonLeft(Event, frozen=True, kw_only=True):
    """Somebody deleted their account; ``media`` are the files to be deleted too."""

    person: int
    handle: str
