"""Context. Source: docs.joinmastodon.org, Entities, Context (4.4)."""

from __future__ import annotations

import msgspec

from catflap.mastodon.rendered import Shown


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above and below a status."""

    ancestors: list[Shown]
    descendants: list[Shown]
