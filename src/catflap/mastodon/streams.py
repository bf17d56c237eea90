"""The streams that an app can listen to: their names, what they need, how they are written.

Source: docs.joinmastodon.org, Methods, Streaming (4.4).
"""

from __future__ import annotations

from typing import Any

import msgspec

from catflap.access import scopes
from catflap.ground.errors import NotFound, SignInNeeded
from catflap.ground.ids import from_text
from catflap.mastodon.call import Call
from catflap.mastodon.problems import OutsideScopes, StreamUnknown
from catflap.notes import actions as notes

USER, NOTIFICATION, DIRECT = "user", "user:notification", "direct"
PUBLIC, LOCAL, REMOTE = "public", "public:local", "public:remote"
HASHTAG, HASHTAG_LOCAL, LIST = "hashtag", "hashtag:local", "list"
MEDIA = ":media"

PUBLIC_ONES = frozenset(name + end for name in (PUBLIC, LOCAL, REMOTE) for end in ("", MEDIA))
TAGGED = frozenset({HASHTAG, HASHTAG_LOCAL})
ONES_OWN = frozenset({USER, NOTIFICATION, DIRECT, LIST})


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One stream: its name, and its tag or the list's id."""

    name: str
    about: str = ""

    def path(self) -> list[str]:
        """As the envelope names it."""
        return [self.name, self.about] if self.about else [self.name]

    @property
    def scope(self) -> str:
        """What a token must be good for."""
        return "read:notifications" if self.name == NOTIFICATION else "read:statuses"


class Asked(msgspec.Struct, kw_only=True):
    """A stream as an app asks for it, in the query or in a frame."""

    stream: str = ""
    tag: str = ""
    list: str = ""


class Frame(Asked, kw_only=True):
    """What an app says on its socket."""

    type: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told on a stream; ``payload`` is JSON text, an id, or nothing."""

    channel: Channel
    event: str
    payload: str | None


def channel(asked: Asked) -> Channel:
    """The stream that is asked for.

    Raises:
        StreamUnknown: there is none of this name, or its tag or list is missing.
        TagInvalid: the tag cannot be one.
    """
    if asked.stream in TAGGED:
        if not asked.tag:
            raise StreamUnknown
        return Channel(name=asked.stream, about=notes.checked_tag(asked.tag))
    if asked.stream == LIST:
        if from_text(asked.list) is None:
            raise StreamUnknown
        return Channel(name=LIST, about=asked.list)
    if asked.stream in PUBLIC_ONES | ONES_OWN:
        return Channel(name=asked.stream)
    raise StreamUnknown


def permit(call: Call, wanted: Channel) -> None:
    """Let nobody listen to what their token is not good for.

    Raises:
        SignInNeeded: the stream is somebody's, and nobody stands behind the call.
        OutsideScopes: the token is good for something else.
    """
    if wanted.name in ONES_OWN and call.reader is None:
        raise SignInNeeded
    if call.token is not None and not scopes.allows(call.token.scopes, wanted.scope):
        raise OutsideScopes


def list_id(wanted: Channel) -> int:
    """The list of a list's stream."""
    found = from_text(wanted.about)
    if found is None:
        raise NotFound("list")
    return found


def as_frame(told: Told) -> str:
    """What goes through a socket: the payload is JSON inside JSON."""
    made: dict[str, Any] = {"stream": told.channel.path(), "event": told.event}
    if told.payload is not None:
        made["payload"] = told.payload
    return msgspec.json.encode(made).decode()


def as_event(told: Told) -> str:
    """What goes through a stream of server-sent events."""
    return f"event: {told.event}\ndata: {told.payload or 'undefined'}\n\n"
