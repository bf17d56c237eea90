"""Catflap's own export. Its form is not decided yet; this is where its reader will stand.

Until then no file is its: an archive of a Catflap is told that nothing in it is known.
"""

from __future__ import annotations

from collections.abc import Sequence

from catflap.arrivals.errors import ArchiveUnknown
from catflap.arrivals.gathering import Gathering
from catflap.arrivals.model import Network
from catflap.arrivals.opening import Read

NETWORK = Network.CATFLAP


def wanted(names: Sequence[str]) -> list[str]:
    """None, until there is a form."""
    del names
    return []


def read(name: str, read: Read, into: Gathering) -> None:
    """Nothing can be read yet."""
    del name, read, into
    raise ArchiveUnknown
