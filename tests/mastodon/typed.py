"""What Mastodon.py's entity types demand of an answer: which fields, of which type.

The library itself forgives everything: what is missing becomes None, what has the wrong type is
converted. So the JSON as it came is held against the types' own annotations here, and against the
"Version history" in their documentation, which says since when a field is there.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from mastodon.types_base import AttribAccessDict, MaybeSnowflakeIdType

from mastodon import return_types, types_base

SPOKEN = (4, 4)
"""The version of Mastodon's interface that this door speaks."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{3})?(Z|\+00:00))?")
_ADDED = re.compile(r"\* (\d+)\.(\d+)\.\d+: added")
LIES = {
    # Mastodon's documentation has these as they are here; the types are behind it.
    ("Account", "group"), ("Account", "role"), ("Account", "source"), ("Account", "mute_expires_at"),
    ("Application", "client_id"), ("Application", "client_secret"),
    # Of emojis that are pictures alone, of which there are none here.
    ("Reaction", "url"), ("Reaction", "static_url"),
    # Misspelt there; it is `rule_ids`.
    ("Report", "rules_ids"),
}
UNTRUE = {
    ("InstanceContact", "account"): "null where nobody is named, as Mastodon has it",
    ("Instance", "contact_account"): "null where nobody is named, as Mastodon has it",
    ("NotificationGroup", "most_recent_notification_id"): "a number, as Mastodon has it",
    **{
        ("Activity", name): "a number in a text, as Mastodon has it"
        for name in ("week", "logins", "registrations", "statuses")
    },
    ("AdminReport", "account"): "an Admin::Account, as Mastodon has it",
    ("AdminReport", "target_account"): "an Admin::Account, as Mastodon has it",
    **{
        ("TrendingLinkHistory", name): "a number in a text, as Mastodon has it" for name in ("day", "uses", "accounts")
    },
    ("TagHistory", "day"): "seconds since 1970 in a text, as Mastodon has it",
}
"""Fields whose type Mastodon.py's entities give otherwise than Mastodon's documentation."""


class Field(NamedTuple):
    """One field of an entity."""

    name: str
    hint: Any
    is_demanded: bool
    may_be_null: bool


@cache
def _texts() -> dict[str, dict[str, str]]:
    """The documentation of every field of every entity."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(return_types)).body:
        if isinstance(node, ast.ClassDef):
            pairs = zip(node.body, node.body[1:], strict=False)
            found[node.name] = {
                one.target.id: ast.literal_eval(text.value) for one, text in pairs
                if isinstance(one, ast.AnnAssign) and isinstance(text, ast.Expr)
            }
    return found


@cache
def fields(entity: type) -> list[Field]:
    """What an entity is to hold."""
    renamed = getattr(entity, "_rename_map", {})
    hints = get_type_hints(entity, vars(return_types) | vars(types_base))
    made = []
    for name, text in _texts().get(entity.__name__, {}).items():
        if name.startswith("_"):
            continue
        since = _ADDED.search(text)
        is_new = since is None or tuple(map(int, since.groups())) > SPOKEN
        is_old = re.search(r": (removed|deprecated)|\bdeprecated\b", text, re.IGNORECASE)
        optional = "(optional)" in text or re.search("only present|not present|undocumented", text, re.IGNORECASE)
        made.append(Field(
            name=renamed.get(name, name), hint=hints[name],
            is_demanded=not (is_new or is_old or optional) and (entity.__name__, name) not in LIES,
            may_be_null=bool("null" in text.casefold() or "None" in text or optional),
        ))
    return made


def wrong(value: Any, hint: Any, at: str = "$") -> list[str]:
    """Everything in which JSON is not as a type has it."""
    origin = get_origin(hint)
    if hint is Any or isinstance(hint, TypeVar):
        return []
    if isinstance(hint, str):
        return wrong(value, types_base._str_to_type(hint), at)
    if origin in (Union, types.UnionType):
        kinds = [one for one in get_args(hint) if value is None or one is not type(None)]
        found = [wrong(value, one, at) for one in kinds]
        return [] if [] in found else min(found, key=len)
    if hint is type(None):
        return [] if value is None else [f"{at}: not null"]
    if inspect.isclass(origin or hint) and issubclass(origin or hint, list):
        if not isinstance(value, list):
            return [f"{at}: no list but {value!r}"]
        [inside] = get_args(hint) or (Any,)
        return [text for n, one in enumerate(value) for text in wrong(one, inside, f"{at}[{n}]")]
    if inspect.isclass(hint) and issubclass(hint, AttribAccessDict) and hint.__name__ in _texts():
        return _entity_wrong(value, hint, at)
    if (origin or hint) is dict or (inspect.isclass(origin or hint) and issubclass(origin or hint, dict)):
        return [] if isinstance(value, dict) else [f"{at}: no object but {value!r}"]
    if hint is datetime:
        good = isinstance(value, str) and INSTANT.fullmatch(value)
        return [] if good else [f"{at}: no instant but {value!r}"]
    return [] if _is_a(value, hint) else [f"{at}: no {hint} but {value!r}"]


def _entity_wrong(value: Any, entity: type, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: no {entity.__name__} but {value!r}"]
    found = []
    for field in fields(entity):
        here = f"{at}.{field.name}"
        if (entity.__name__, field.name) in UNTRUE and field.name in value:
            continue
        if field.name not in value:
            if field.is_demanded:
                found.append(f"{here}: missing in {entity.__name__}")
        elif value[field.name] is None:
            if not field.may_be_null and wrong(None, field.hint, here):
                found.append(f"{here}: null")
        else:
            found += wrong(value[field.name], field.hint, here)
    return found


def _is_a(value: Any, hint: Any) -> bool:
    if hint is MaybeSnowflakeIdType or getattr(hint, "__name__", "") == "MaybeSnowflakeIdType":
        return isinstance(value, str) and bool(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return not inspect.isclass(hint) or isinstance(value, hint)
