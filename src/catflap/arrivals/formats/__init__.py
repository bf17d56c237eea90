"""What each platform gives its people of their own: one file a platform, and how one is told.

A reader has two functions: ``wanted`` names the files it reads of those that are there, none where
the archive is not its platform's; ``read`` reads one of them into a gathering. They are pure: what
they are given is a position in a document, and what they say goes through the gathering.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from catflap.arrivals.gathering import Gathering
from catflap.arrivals.model import Network
from catflap.arrivals.opening import Read


class Reader(Protocol):
    """A module of this package."""

    NETWORK: Network

    def wanted(self, names: Sequence[str]) -> list[str]:
        """Which of an archive's files it reads."""

    def read(self, name: str, read: Read, into: Gathering) -> None:
        """Read one of them.

        Raises:
            JsonInvalid, ArchiveTooLarge
            ArchiveUnknown: the file is of another kind than its name says.
        """


def readers() -> Sequence[Reader]:
    """Every platform's, those first whose files cannot be mistaken."""
    from catflap.arrivals.formats import catflap, fediverse, instagram, tiktok

    return (catflap, fediverse, instagram, tiktok)
