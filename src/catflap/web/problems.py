"""Error types with their status, and the words of this door's own: one table for this door."""

from __future__ import annotations

from starlette.responses import Response

from catflap.access import errors as access
from catflap.arrivals import errors as arrivals
from catflap.ground import errors as ground
from catflap.ground.paging import CursorInvalid
from catflap.media import errors as media
from catflap.moderation import errors as moderation
from catflap.notes import errors as notes
from catflap.people import errors as people
from catflap.translation import errors as translation
from catflap.words import sentences
from catflap.words.catalogue import Words
from catflap.words.sentences import Say


class FormTooLarge(ground.CatflapError):
    """A request's body is over what the door takes."""

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self.limit_bytes = limit_bytes


class FormInvalid(ground.CatflapError):
    """A request's body is no form that the door can read."""


class CrossSite(ground.CatflapError):
    """Another site sent this form."""


STATUS: dict[type[ground.CatflapError], int] = {
    ground.NotFound: 404,
    ground.NotAllowed: 403,
    ground.Overtaken: 409,
    ground.SignInNeeded: 401,
    ground.TextTooLong: 422,
    ground.TextMissing: 422,
    ground.TooMany: 422,
    ground.TooFast: 429,
    CursorInvalid: 400,
    FormTooLarge: 413,
    FormInvalid: 400,
    CrossSite: 403,
    people.HandleInvalid: 422,
    people.HandleConfusable: 422,
    people.HandleTaken: 422,
    people.NotYourself: 422,
    people.StillWaiting: 403,
    arrivals.InvitationNeeded: 403,
    arrivals.InvitationSpent: 410,
    arrivals.StampRefused: 422,
    arrivals.TaxPaid: 409,
    arrivals.ProofRefused: 422,
    arrivals.ProofNeeded: 422,
    arrivals.OldHandleInvalid: 422,
    arrivals.NotProvable: 422,
    access.PasswordTooShort: 422,
    access.PasswordTooCommon: 422,
    access.EmailInvalid: 422,
    access.EmailTaken: 422,
    access.WrongCredentials: 403,
    access.ResetInvalid: 410,
    access.RegistrationsClosed: 403,
    access.AppUnknown: 400,
    access.RedirectInvalid: 400,
    access.ScopeInvalid: 400,
    access.GrantInvalid: 400,
    access.GrantKindUnknown: 400,
    arrivals.ArchiveUnknown: 415,
    arrivals.TextExport: 415,
    arrivals.ArchiveEncrypted: 422,
    arrivals.ArchiveDamaged: 422,
    arrivals.ArchiveTooLarge: 413,
    arrivals.ArchiveBomb: 422,
    arrivals.ArchiveNested: 415,
    arrivals.ArchivePathUnsafe: 422,
    arrivals.ArchiveNamesTwice: 422,
    arrivals.JsonInvalid: 422,
    media.MediaTooLarge: 413,
    media.TooManyPixels: 413,
    media.VideoTooLong: 413,
    media.MediaKindRefused: 415,
    media.MediaUnreadable: 422,
    media.FocusUnfit: 422,
    media.WorkshopBusy: 503,
    media.SubtitlesInvalid: 422,
    translation.NotBilingual: 403,
    translation.SuggestionRefused: 422,
    translation.HostsOnly: 403,
    translation.TermTaken: 422,
    moderation.DateInvalid: 422,
    moderation.EndsTooSoon: 422,
    moderation.ReactionInvalid: 422,
    notes.NoteEmpty: 422,
    notes.TagInvalid: 422,
    notes.VideoAlone: 422,
    notes.MediaNotReady: 422,
    notes.NotBoostable: 404,
    notes.NotQuotable: 422,
    notes.NotPinnable: 422,
    notes.QuestionInvalid: 422,
    notes.PollEnded: 422,
    notes.VotedAlready: 422,
    notes.OwnPoll: 422,
    notes.ChoiceInvalid: 422,
    notes.PlannedBadly: 422,
    notes.ProposalRefused: 422,
    notes.ProposalDecided: 409,
    notes.OwnProposal: 403,
}

OWN: dict[type[ground.CatflapError], Say] = {
    FormTooLarge: lambda w, e: w.gettext(
        "This is larger than %(limit)s MB, the most we take.", limit=sentences.mb(e.limit_bytes)),
    FormInvalid: lambda w, e: w.gettext("This form could not be read; please try again."),
    CrossSite: lambda w, e: w.gettext("This form came from another site and was refused."),
}


def status_of(error: ground.CatflapError) -> int:
    """The HTTP status of an error at this door."""
    return STATUS.get(type(error), 500)


def timed(answer: Response, error: ground.CatflapError) -> Response:
    """An answer that says when to come back, where the error does."""
    if isinstance(error, (ground.TooFast, media.WorkshopBusy)):
        answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


def sentence(words: Words, error: ground.CatflapError) -> str:
    """What is wrong and what would be right, in the reader's language."""
    own = OWN.get(type(error))
    found = sentences.sentence(words, error) if own is None else own(words, error)
    return found or words.gettext("Something went wrong on our side.")
