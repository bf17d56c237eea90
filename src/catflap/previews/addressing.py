"""Addresses of pages as people write them in notes: cut out of the sentence, and in one form."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from catflap.previews.model import URL_MAX_CHARS

_AROUND = ".,;:!?'\"*_~…"
"""What stands behind an address in a sentence more often than in it."""
_BRACKETS = ((")", "("), ("]", "["), ("}", "{"))
_SAFE = "/%:@!$&'()*+,;=~-._"
_PORTS = {"http": 80, "https": 443}


def _without_sentence(text: str) -> str:
    while text:
        last = text[-1]
        opening = next((one for closing, one in _BRACKETS if closing == last), None)
        if last not in _AROUND and (
            opening is None or text.count(last) <= text.count(opening)
        ):
            return text
        text = text[:-1]
    return text


def canonical(link: str) -> str | None:
    """An address in the form it is kept in: ASCII, lower-case host, no fragment; None for none."""
    text = _without_sentence(link)
    if text.lower().startswith("www."):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host or parts.username or parts.password:
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[scheme]:
        netloc += f":{port}"
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    made = f"{scheme}://{netloc}{path}{query}"
    return made if len(made) <= URL_MAX_CHARS else None
