"""Facts about people."""

from __future__ import annotations

from catflap.ground.events import Event


class PersonJoined(Event, frozen=True, kw_only=True):
    """Somebody signed up."""

    person: int


class PersonFollowed(Event, frozen=True, kw_only=True):
    """``follower`` began to follow ``followed``, who ``was_asked`` before and said yes."""

    follower: int
    followed: int
    was_asked: bool = False


class FollowRequested(Event, frozen=True, kw_only=True):
    """``follower`` asks to follow ``followed``."""

    follower: int
    followed: int


class FollowRequestEnded(Event, frozen=True, kw_only=True):
    """``follower`` no longer asks: it was taken back, declined or accepted."""

    follower: int
    followed: int


class PersonDescribed(Event, frozen=True, kw_only=True):
    """Somebody goes by another name, picture or words."""

    person: int


class PersonClosed(Event, frozen=True, kw_only=True):
    """Somebody left, and may still come back."""

    person: int


class PersonReopened(Event, frozen=True, kw_only=True):
    """Somebody came back who had left."""

    person: int


class PersonLeft(Event, frozen=True, kw_only=True):
    """Somebody deleted their account. Events are kept for days, so no word of theirs is in it."""

    person: int
