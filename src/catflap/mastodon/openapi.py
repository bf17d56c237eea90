"""The OpenAPI document of this door, made from the declared endpoints and nothing else.

What an endpoint takes and gives are its structs, whose JSON schemas msgspec writes; who may ask and
which errors can come follow from the declaration. Source: OpenAPI 3.1.1.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

import msgspec

from catflap import __version__
from catflap.access import scopes
from catflap.mastodon import endpoint as declared
from catflap.mastodon.endpoint import Beside, Endpoint, Needs, Nothing
from catflap.mastodon.paging import Paged
from catflap.mastodon.problems import Problem

_SCHEMAS = "#/components/schemas/{name}"
_IN_PATH = re.compile(r"{(\w+)(?::path)?}")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_HEADERS = "#/components/headers/{name}"
_COUNTED = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
HEADERS: dict[str, dict[str, Any]] = {
    "Link": {
        "description": (
            "Where the list goes on (RFC 8288): `next` is the older, `prev` the newer. Absent "
            "where the list is empty."
        ),
        "schema": {"type": "string"},
    },
    "X-RateLimit-Limit": {
        "description": "How many calls one may make in five minutes.", "required": True,
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Remaining": {
        "description": "How many of them are left.", "required": True,
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Reset": {
        "description": "When all of them are there again.", "required": True,
        "schema": {"type": "string", "format": "date-time"},
    },
    "Retry-After": {
        "description": "In how many seconds to come back.", "required": True,
        "schema": {"type": "integer"},
    },
}
"""What answers carry beside their bodies; those that are required always come."""


@cache
def document(*, base: str) -> dict[str, Any]:
    """The whole document for a community at an address."""
    structs = list(dict.fromkeys([Problem, *_structs()]))
    refs, schemas = msgspec.json.schema_components(structs, ref_template=_SCHEMAS)
    by_type = dict(zip(structs, refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in declared.EVERY:
        path = _IN_PATH.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, by_type)
    for beside in declared.BESIDE:
        told = _beside(beside, by_type)
        paths.setdefault(beside.path, {})[beside.method.lower()] = told
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Catflap: Mastodon's client API", "version": __version__,
            "description": "What apps for Mastodon speak, as this server answers it.",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "schemas": schemas, "headers": HEADERS,
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {
                        "authorizationCode": {
                            "authorizationUrl": f"{base}/oauth/authorize",
                            "tokenUrl": f"{base}/oauth/token",
                            "scopes": {scope: _scope_words(scope) for scope in scopes.EVERY},
                        },
                        "clientCredentials": {
                            "tokenUrl": f"{base}/oauth/token",
                            "scopes": {scope: _scope_words(scope) for scope in scopes.EVERY},
                        },
                    },
                },
            },
        },
    }


def _structs() -> list[Any]:
    found = []
    for one in declared.EVERY:
        found += [one.takes, one.gives]
    return [kind for kind in found if kind is not Nothing and _is_hashable(kind)]


def _is_hashable(kind: Any) -> bool:
    try:
        hash(kind)
    except TypeError:
        return False
    return True


def _scope_words(scope: str) -> str:
    top, _, part = scope.rpartition(":")
    return f"The part of `{top}` about {part.replace('_', ' ')}." if top else f"All of `{scope}`."


def _operation(one: Endpoint, by_type: dict[Any, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _named(one),
        "tags": [one.answering.__module__.rpartition(".")[2]],
        "summary": one.words,
        "description": inspect.cleandoc(one.answering.__doc__ or ""),
        "responses": _responses(one, by_type),
    }
    parameters = _parameters(one)
    if parameters:
        told["parameters"] = parameters
    body = _body(one, by_type)
    if body:
        told["requestBody"] = body
    if one.needs is Needs.NOBODY:
        told["security"] = [{}, {"oauth": list(one.scopes)}] if not one.is_oauth else [{}]
    else:
        told["security"] = [{"oauth": [scope]} for scope in one.scopes]
    told["x-needs"] = str(one.needs)
    return told


def _beside(one: Beside, by_type: dict[Any, Any]) -> dict[str, Any]:
    usual, *_ = one.answers
    found: dict[str, Any] = {}
    for status, words in one.answers.items():
        found[str(status)] = {"description": words}
        if one.kind and not 300 <= status < 400:  # a page, and so are its errors
            found[str(status)]["content"] = {one.kind: {"schema": {"type": "string"}}}
        elif not one.kind and status >= 400:
            found[str(status)]["content"] = {JSON: {"schema": by_type[Problem]}}
    return {
        "operationId": _named(one), "tags": [one.room.rpartition(".")[2]],
        "summary": one.words, "description": inspect.cleandoc(one.takes.__doc__ or ""),
        "responses": {str(usual): found.pop(str(usual)), **found},
        "parameters": _parameters(one), "security": [{}], "x-needs": str(Needs.NOBODY),
    }


def _named(one: Endpoint | Beside) -> str:
    """A name of its own for each operation, made of its method and path."""
    words = re.findall(r"\w+", one.path)
    return "_".join([one.method.lower(), *words])


def fields(one: Endpoint | Beside) -> list[str]:
    """The name of every parameter of an endpoint, wherever it is written, for the page."""
    names = [field.encode_name for field in msgspec.structs.fields(one.takes)]
    return [*names, *one.files] if isinstance(one, Endpoint) else names


def _parameters(one: Endpoint | Beside) -> list[dict[str, Any]]:
    in_path = set(_IN_PATH.findall(one.path))
    in_query = one.method in ("GET", "HEAD", "DELETE")
    found = []
    fields = msgspec.structs.fields(one.takes)
    types = {field.encode_name: field for field in fields}
    for name, field in types.items():
        if name not in in_path and not in_query:
            continue
        schema = msgspec.json.schema(field.type, ref_template=_SCHEMAS)
        schema.pop("$defs", None)
        found.append({
            "name": name, "in": "path" if name in in_path else "query",
            "required": name in in_path or field.required, "schema": schema,
        })
    return found


def _body(one: Endpoint, by_type: dict[Any, Any]) -> dict[str, Any]:
    if one.method in ("GET", "HEAD", "DELETE") or one.takes is Nothing:
        return {}
    schema = by_type[one.takes]
    content = {kind: {"schema": schema} for kind in (JSON, FORM, MULTIPART)}
    if one.files:
        parts = {
            "type": "object",
            "properties": {name: {"type": "string", "format": "binary"} for name in one.files},
            "required": [name for name, must in one.files.items() if must],
        }
        content[MULTIPART] = {"schema": {"allOf": [schema, parts]}}
        if parts["required"]:
            content = {MULTIPART: content[MULTIPART]}
    return {"content": content}


def _responses(one: Endpoint, by_type: dict[Any, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if one.gives is not Nothing and _is_hashable(one.gives):
        schema = by_type[one.gives]
    given = {"content": {one.kind: {"schema": schema}}, "headers": _headers(one)}
    found: dict[str, Any] = {str(one.status): {"description": "As asked.", **given}}
    # A token that is none is refused even where none is needed.
    statuses = {400, 401, 404, 422, 429, 500, *one.also}
    if one.needs is not Needs.NOBODY or one.scopes:
        statuses.add(403)
    if one.method not in ("GET", "HEAD"):
        statuses |= {409, 413}
    error = {"content": {JSON: {"schema": by_type[Problem]}}}
    for status in sorted(statuses):
        inside = given if status < 300 else error
        found[str(status)] = {"description": _status_words(status), **inside}
    found["429"]["headers"] = _header_refs(*_COUNTED, "Retry-After")
    return found


def _headers(one: Endpoint) -> dict[str, Any]:
    return _header_refs(*_COUNTED, *(("Link",) if issubclass(one.takes, Paged) else ()))


def _header_refs(*names: str) -> dict[str, Any]:
    return {name: {"$ref": _HEADERS.format(name=name)} for name in names}


def _status_words(status: int) -> str:
    return {
        202: "Taken; it is being made.", 206: "It is still being made.",
        400: "The request cannot be understood.", 401: "The access token is missing or invalid.",
        403: "Outside the token's scopes, or not allowed.", 404: "Not here, or not for you.",
        409: "Somebody else changed it meanwhile.", 413: "Larger than what is taken.",
        422: "Something asked for is not valid.",
        429: "Too many requests; `Retry-After` says when to come back.",
        500: "A fault of ours.", 503: "Nothing here can do that at present.",
    }[status]
