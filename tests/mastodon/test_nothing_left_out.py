"""No method of Mastodon.py is left out without a reason, and no reason is given that is not true."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from pathlib import Path

from catflap.mastodon import endpoint
from catflap.mastodon.routes import table
from mastodon import Mastodon

assert table.ROOMS
HERE = Path(__file__).parent
DRIVING = HERE / "test_with_mastodon_py.py"
ELSEWHERE = {
    "push_subscription_decrypt_push": ("test_push.py", "opened(", "it opens the old encoding alone"),
    "oauth_userinfo": ("test_oauth.py", "/oauth/userinfo", "Mastodon.py calls it over https alone"),
    "stream_open_websocket": ("test_streaming.py", "subscribe", "it wants a library that is not installed"),
}
"""Methods whose endpoint another file drives, by what words there, and why."""
MEASURES = "no measures are taken against people yet"
SERVERS = "no other server writes here"
ADDRESSES = "nobody is kept away by address"
TRENDS = "what trends is not reviewed beforehand"
YEARLY = "a yearly letter, which no app needs"
COLLECTIONS = "of Mastodon 4.6"
ABSENT = {
    **dict.fromkeys((
        "admin_account_delete", "admin_account_enable", "admin_account_moderate", "admin_account_unsensitive",
        "admin_account_unsilence", "admin_account_unsuspend",
    ), MEASURES),
    **dict.fromkeys((
        "admin_create_domain_allow", "admin_create_domain_block", "admin_delete_domain_allow",
        "admin_delete_domain_block", "admin_domain_allow", "admin_domain_allows", "admin_domain_blocks",
        "admin_update_domain_block",
    ), SERVERS),
    **dict.fromkeys((
        "admin_canonical_email_block", "admin_canonical_email_blocks", "admin_create_canonical_email_block",
        "admin_create_email_domain_block", "admin_create_ip_block", "admin_delete_canonical_email_block",
        "admin_delete_email_domain_block", "admin_delete_ip_block", "admin_email_domain_block",
        "admin_email_domain_blocks", "admin_ip_block", "admin_ip_blocks", "admin_test_canonical_email_block",
        "admin_update_ip_block",
    ), ADDRESSES),
    **dict.fromkeys((
        "admin_approve_trending_link", "admin_approve_trending_status", "admin_approve_trending_tag",
        "admin_reject_trending_link", "admin_reject_trending_status", "admin_reject_trending_tag",
        "admin_trending_links", "admin_trending_statuses", "admin_trending_tags",
    ), TRENDS),
    **dict.fromkeys(("admin_dimensions", "admin_measures", "admin_retention"), "figures stand on the web page"),
    **dict.fromkeys((
        "annual_report", "annual_report_generate", "annual_report_read", "annual_report_state", "annual_reports",
    ), YEARLY),
    **dict.fromkeys((
        "account_collections", "account_in_collections", "collection", "collection_create", "collection_delete",
        "collection_item_add", "collection_item_delete", "collection_item_revoke", "collection_update", "profile",
        "profile_update",
    ), COLLECTIONS),
    "get_async_refresh_status": "nothing is refreshed behind an answer",
}
"""Methods whose endpoint is not here, and why."""
LOCAL = {
    "clear_caches", "decode_blurhash", "get_status_length", "get_supported_version", "set_language",
    "persistable_login_credentials",
}
"""Methods that ask no server."""


def _form(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path).rstrip("/")


DECLARED = {(one.method, _form(one.path)) for one in endpoint.EVERY}


@cache
def every() -> set[str]:
    """The library's methods."""
    return {name for name in dir(Mastodon) if not name.startswith("_") and callable(getattr(Mastodon, name))}


def driven() -> set[str]:
    """Methods that the tests call: by name, or by the names that a loop puts together."""
    tree = ast.parse(DRIVING.read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for loop in ast.walk(tree):
        if not isinstance(loop, ast.For) or "getattr(" not in (body := ast.unparse(loop)):
            continue
        words = [one.value for one in ast.walk(loop.iter) if isinstance(one, ast.Constant)]
        [form] = re.findall(r"getattr\(\w+, (?:f'(\w+)_{\w+}'|\w+)\)", body)
        used |= {f"{form}_{word}" if form else str(word) for word in words}
    return used


def asked(name: str) -> set[tuple[str, str]]:
    """What a method asks for: HTTP's method and the path."""
    source = inspect.getsource(getattr(Mastodon, name))
    found = re.findall(r"""api_request\(\s*['"](\w+)['"],\s*f?['"](/[^'"?]*)['"?]""", source)
    return {(method, _form(path)) for method, path in found}


def test_every_method_is_driven_or_is_left_out_for_one_reason():
    left = every() - driven()
    reasons = [*ELSEWHERE, *ABSENT, *LOCAL]
    assert len(reasons) == len(set(reasons))
    assert left == set(reasons), sorted(left ^ set(reasons))


def test_what_is_said_to_be_absent_is_nowhere_here():
    for name in ABSENT:
        assert asked(name), name
        assert not asked(name) & DECLARED, name


def test_what_is_said_to_be_driven_elsewhere_is_asked_for_there():
    for name, (file, words, _) in ELSEWHERE.items():
        assert words in (HERE / file).read_text(), name
