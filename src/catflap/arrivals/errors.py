"""What can go wrong on the way in.

CatflapError
├── InvitationNeeded    this community takes in those who were invited
├── InvitationSpent     nobody gave this code out, or it was used up, taken back or is too old
├── StampRefused        this note carries no seal, or not one of this person's
├── TaxPaid             one has paid the cat tax, with another note
└── ProofRefused        a proof of work that is wrong, too old or was used before
"""

from __future__ import annotations

from enum import StrEnum

from catflap.ground.errors import CatflapError


class Unstampable(StrEnum):
    """Why a seal does not go on a note."""

    OWN = "own"
    UNTAXED = "untaxed"
    DESIGN = "design"


class InvitationNeeded(CatflapError):
    """Only those who were invited can sign up."""


class InvitationSpent(CatflapError):
    """A code that nobody gave out, or that was used up, taken back or is too old."""


class StampRefused(CatflapError):
    """``reason``: the note is one's own, is nobody's cat tax, or there is no such seal."""

    def __init__(self, reason: Unstampable) -> None:
        super().__init__(reason)
        self.reason = reason


class TaxPaid(CatflapError):
    """The person has paid the cat tax already."""


class ProofRefused(CatflapError):
    """A proof of work that does not hold: wrong, older than it may be, or used before."""
