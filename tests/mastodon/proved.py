"""Somebody with Mastodon.py, whose every answer is held against the type that its method gives."""

from __future__ import annotations

from typing import Any, get_type_hints

import requests
from mastodon.return_types import (
    AdminAccount,
    FilterV2,
    NonPaginatableList,
    Status,
    Tag,
    UnreadNotificationsCount,
)

from mastodon import Mastodon
from tests.conftest import Server
from tests.mastodon.app import signed_in
from tests.mastodon.typed import wrong

MEANT = {
    "filter_v2": FilterV2, "unread_grouped_notifications_count": UnreadNotificationsCount,
    "featured_tag_suggestions": NonPaginatableList[Tag],
    "admin_accounts_v1": NonPaginatableList[AdminAccount],
    # It takes the card out of the status.
    "status_card": Status,
}
"""What methods give whose annotation says something else."""


class Remembering(requests.Session):
    """A session that keeps the last answer as it came."""

    def request(self, *asked: Any, **more: Any) -> requests.Response:
        self.last = super().request(*asked, **more)
        return self.last


class Proved:
    """Mastodon.py, each of whose answers is held against the type that the method gives.

    ``plain`` is the library itself, for what answers no entity.
    """

    def __init__(self, server: Server, token: str, **more: Any) -> None:
        self._session = Remembering()
        self.plain = Mastodon(
            access_token=token, api_base_url=server.url, session=self._session,
            ratelimit_method="throw", request_timeout=20, **more,
        )

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.plain, name)
        hint = MEANT.get(name) or get_type_hints(getattr(Mastodon, name)).get("return")

        def call(*asked: Any, **more: Any) -> Any:
            answer = method(*asked, **more)
            if hint not in (None, type(None), bool, str):
                found = wrong(self._session.last.json(), hint)
                assert found == [], (name, found)
            return answer

        return call

    def last(self) -> Any:
        """The last answer as it came."""
        return self._session.last.json()

    def close(self) -> None:
        self._session.close()


def proved(server: Server, handle: str, *, reads: str = "en", scopes: str = "read write follow push") -> Proved:
    """Somebody with Mastodon.py."""
    with signed_in(server, handle, reads=reads, scopes=scopes) as app:
        made = Proved(server, app.token)
    made.id = made.account_verify_credentials()["id"]
    made.handle = handle
    return made
