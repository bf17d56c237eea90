"""One endpoint, declared once: what it takes, what it gives, who may ask.

Routes, checks of scopes, the reading of parameters, the OpenAPI document and the table of scopes
are all made from the declaration, so none of them can say something else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from catflap.mastodon.call import Call
    from catflap.mastodon.door import Door


class Needs(StrEnum):
    """Who must stand behind a call."""

    NOBODY = "nobody"
    APP = "app"
    PERSON = "person"


class Nothing(msgspec.Struct, frozen=True):
    """An endpoint without parameters, or an empty answer (``{}``)."""


Answering = Callable[["Door", "Call", Any], Awaitable[Any]]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A declared endpoint. Any one of ``scopes`` is enough; ``gives`` is its answer's type.

    ``is_kept`` ones answer from the database alone: the same call is answered with the same bytes
    until somebody commits. ``also`` are statuses that it may answer with beside ``status`` and the
    errors of every endpoint; ``kind`` is its answer's content type. ``files`` are those it takes
    beside ``takes``, as parts of a form: names, and whether each must come.

    Where `Needs.NOBODY` stands behind a call, a token that came all the same needs the scopes:
    it shows what its person may see.
    """

    method: str
    path: str
    answering: Answering
    takes: type[msgspec.Struct]
    gives: Any
    needs: Needs
    scopes: tuple[str, ...]
    files: Mapping[str, bool]
    is_oauth: bool
    is_kept: bool
    status: int
    also: tuple[int, ...]
    kind: str

    @property
    def words(self) -> str:
        """What it does: the first line of its function's docstring."""
        return (self.answering.__doc__ or "").strip().partition("\n")[0]


EVERY: list[Endpoint] = []
"""Every endpoint, in the order of declaration; `routes.table` imports them all."""
NO_FILES: Mapping[str, bool] = {}


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What apps come to as well and no endpoint answers: a page, a socket. To be documented.

    ``answers`` are its statuses with what each means, ``kind`` the content type of the first;
    the others' bodies are errors where their status is one.
    """

    method: str
    path: str
    room: str
    words: str
    takes: type[msgspec.Struct]
    answers: Mapping[int, str]
    kind: str = ""


BESIDE: list[Beside] = []
"""Every such thing, declared where its neighbours are."""


def endpoint(
    method: str, path: str, *, takes: type[msgspec.Struct] = Nothing, gives: Any = Nothing,
    needs: Needs = Needs.PERSON, scopes: tuple[str, ...] = (), files: Mapping[str, bool] = NO_FILES,
    is_oauth: bool = False, is_kept: bool = False, status: int = 200,
    also: tuple[int, ...] = (), kind: str = "application/json",
) -> Callable[[Answering], Answering]:
    """Declare the function below as an endpoint.

    It is called with the door, the call, and its parameters as ``takes``; what it returns is
    encoded as JSON, or is a response of its own.
    """

    def declare(answering: Answering) -> Answering:
        EVERY.append(
            Endpoint(
                method=method, path=path, answering=answering, takes=takes, gives=gives,
                needs=needs, scopes=scopes, files=files, is_oauth=is_oauth,
                is_kept=is_kept, status=status, also=also, kind=kind,
            )
        )
        return answering

    return declare
