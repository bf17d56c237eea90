"""What can go wrong with notes.

CatflapError
├── NoteEmpty          neither words nor photos nor a video
├── TagInvalid         a tag with characters that tags cannot have
├── VideoAlone         a video beside photos, or two videos
├── MediaNotReady      a video that could not be made, or somebody else's file
├── ProposalRefused    a proposal about tags that would change nothing
├── ProposalDecided    others decided on it, or it was withdrawn
├── OwnProposal        somebody decides on what they proposed themselves
├── NotBoostable       a note for few, or somebody else's for followers
├── NotQuotable        a note whose author lets this person not quote it, or for fewer
├── NotPinnable        a note for few
├── QuestionInvalid    a poll with too few options, the same twice, an end out of bounds
├── PollEnded          a vote after the end
├── VotedAlready       a second vote
├── OwnPoll            a vote in one's own poll
├── ChoiceInvalid      a vote for an option that is none, or for several where one counts
└── PlannedBadly       a note planned for the next minutes, or for years ahead

Lengths raise `ground.errors.TextTooLong`, counts `TooMany`, strangers' things `NotFound`.
"""

from __future__ import annotations

from enum import StrEnum

from catflap.ground.errors import CatflapError


class NoteEmpty(CatflapError):
    """There is nothing to publish."""


class TagInvalid(CatflapError):
    """``tag`` has characters other than letters, digits, marks and ``_``, or only digits."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class VideoAlone(CatflapError):
    """A note has photos or one video, not both."""


class MediaNotReady(CatflapError):
    """A file of the note failed or does not exist."""


class Vain(StrEnum):
    """Why a proposal about tags would change nothing."""

    SAME = "same"
    TOGETHER = "together"
    ALONE = "alone"


class ProposalRefused(CatflapError):
    """Both tags are one, or in one family already; or the tag is in no family to leave."""

    def __init__(self, reason: Vain) -> None:
        super().__init__(reason)
        self.reason = reason


class ProposalDecided(CatflapError):
    """Others decided otherwise on this proposal, or it was withdrawn."""


class OwnProposal(CatflapError):
    """What somebody proposed, others decide on."""


class NotBoostable(CatflapError):
    """What is for few is not passed on, except one's own to the same few."""


class NotQuotable(CatflapError):
    """Its author does not let this person quote it, or the quote would be for more than it."""


class NotPinnable(CatflapError):
    """What is for few does not stand on one's page."""


class Unfit(StrEnum):
    """Why a poll cannot be asked."""

    FEW = "few"
    SAME = "same"
    SHORT = "short"
    LONG = "long"


class QuestionInvalid(CatflapError):
    """A poll has too few options, the same one twice, or an end out of bounds."""

    def __init__(self, reason: Unfit) -> None:
        super().__init__(reason)
        self.reason = reason


class PollEnded(CatflapError):
    """Nobody votes after the end."""


class VotedAlready(CatflapError):
    """One votes once."""


class OwnPoll(CatflapError):
    """Nobody votes in their own poll."""


class ChoiceInvalid(CatflapError):
    """There is no such option, or one counts and several were chosen."""


class PlannedBadly(CatflapError):
    """A note is planned for less than ``least_s`` seconds ahead, or for years ahead."""

    def __init__(self, *, least_s: int) -> None:
        super().__init__(least_s)
        self.least_s = least_s
