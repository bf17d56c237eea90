"""Scopes: what an app may do in somebody's name, after Mastodon's OAuth scopes.

``read`` holds every ``read:…``, ``admin:read`` every ``admin:read:…``; ``follow`` is the old name
of six of them. Source: docs.joinmastodon.org, API, OAuth Scopes (4.4).
"""

from __future__ import annotations

from collections.abc import Iterable

from catflap.access.errors import ScopeInvalid

SCOPES_MAX_CHARS = 1000

_PARTS = {
    "read": (
        "accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes",
        "notifications", "search", "statuses",
    ),
    "write": (
        "accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows",
        "lists", "media", "mutes", "notifications", "reports", "statuses",
    ),
    "admin:read": (
        "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks",
        "email_domain_blocks", "canonical_email_blocks",
    ),
    "admin:write": (
        "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks",
        "email_domain_blocks", "canonical_email_blocks",
    ),
}
FOLLOW = (
    "read:blocks", "read:follows", "read:mutes", "write:blocks", "write:follows", "write:mutes",
)
EVERY = (
    "profile", "follow", "push",
    *(scope for top, parts in _PARTS.items() for scope in (top, *(f"{top}:{p}" for p in parts))),
)
"""Every scope there is, as the server's metadata lists them."""

DEFAULT = ("read",)


def parsed(text: str) -> tuple[str, ...]:
    """Scopes named in a text, apart by spaces (or ``+``, as some clients write); each once.

    Raises:
        ScopeInvalid: one of them is none.
    """
    if len(text) > SCOPES_MAX_CHARS:
        raise ScopeInvalid(text[:40])
    named = tuple(dict.fromkeys(text.replace("+", " ").split()))
    for scope in named:
        if scope not in EVERY:
            raise ScopeInvalid(scope)
    return named or DEFAULT


def allows(granted: Iterable[str], needed: str) -> bool:
    """Whether these scopes let an app do what needs one."""
    held = set(granted)
    if needed in held or ("follow" in held and needed in FOLLOW):
        return True
    top = needed
    while ":" in top:
        top = top.rpartition(":")[0]
        if top in held:
            return True
    return False


def for_person(asked: Iterable[str], *, is_operator: bool) -> tuple[str, ...]:
    """What of these somebody may grant: operators all, others nothing of ``admin``.

    An app that asks for more is given the rest and told so with its token (RFC 6749, 3.3).

    Raises:
        ScopeInvalid: nothing is left.
    """
    wanted = tuple(asked)
    left = tuple(s for s in wanted if is_operator or not s.startswith("admin"))
    if not left:
        raise ScopeInvalid(wanted[0])
    return left


def within(asked: Iterable[str], granted: Iterable[str]) -> bool:
    """Whether all that is asked for was granted; a whole may be asked for by its parts."""
    held = tuple(granted)
    return all(scope in held or allows(held, scope) for scope in asked)
