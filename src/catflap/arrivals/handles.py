"""Handles of other platforms in one form: the same handle is the same, wherever it came from.

A handle without a place is one on its platform (``@Cat.Person`` on TikTok is ``cat.person``); on
the fediverse and on another Catflap it is an address, ``name@place``.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from catflap.arrivals import limits
from catflap.arrivals.model import Network
from catflap.ground.sealing import Seal

_NAME = re.compile(r"[\w.\-]{1,100}")
_ADDRESS = re.compile(r"([\w.\-]{1,100})@([\w\-]+(?:\.[\w\-]+)+(?::\d{1,5})?)")
_IN_PATH = re.compile(r"/(?:@|users/|u/)?([\w.\-]{1,100})/?")


def canonical_handle(network: Network, text: object) -> str | None:
    """A handle in its one form, None where the text is none.

    Takes ``@name``, ``name``, an address of the fediverse with or without ``acct:`` and its
    leading ``@``, and the address of a profile's page.
    """
    if not isinstance(text, str) or len(text) > limits.HANDLE_MAX_CHARS:
        return None
    plain = unicodedata.normalize("NFC", text).strip().removeprefix("acct:").removeprefix("@")
    folded = plain.casefold()
    if network in (Network.FEDIVERSE, Network.CATFLAP):
        if folded.startswith(("https://", "http://")):
            folded = _of_page(folded)
        found = _ADDRESS.fullmatch(folded)
        return f"{found[1]}@{found[2]}" if found else None
    if folded.startswith(("https://", "http://")):
        folded = _of_page(folded).partition("@")[0]
    return folded if _NAME.fullmatch(folded) else None


def handle_hash(seal: Seal, network: Network, handle: str) -> str:
    """What stands for a handle of `canonical_handle` wherever it is compared."""
    return seal.mark(f"{network.value}:{handle}", purpose="brought handle")


def _of_page(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    found = _IN_PATH.fullmatch(parts.path)
    return f"{found[1]}@{parts.netloc}" if found else ""
