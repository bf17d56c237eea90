"""Error types in Mastodon's form and status: one table for this door.

Apps compare some of these sentences, so they are Mastodon's own, word for word, where it has one;
those stay English in every language, and so does the "Validation failed: " that others begin with.
What people are shown is said in their language, by the table that the web door has it from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from catflap.access import errors as access
from catflap.arrivals import errors as arrivals
from catflap.ground import addresses
from catflap.ground import errors as ground
from catflap.ground.paging import CursorInvalid
from catflap.mastodon.asking import BodyInvalid, BodyTooLarge, ParameterInvalid
from catflap.media import errors as media
from catflap.moderation import errors as moderation
from catflap.notes import errors as notes
from catflap.notices import pushing
from catflap.people import errors as people
from catflap.words import sentences
from catflap.words.catalogue import ENGLISH, Words
from catflap.words.sentences import Say as Sentence

Say = Callable[[Any], str]

NOT_FOUND = "Record not found"
STUMBLED = "We're sorry, but something went wrong on our end."
FAILED = "Validation failed: "
NOT_PROCESSED = "Cannot attach files that have not finished processing. Try again in a moment!"


class OutsideScopes(ground.CatflapError):
    """The token is good for something else."""


class PersonNeeded(ground.CatflapError):
    """The token is an app's own, and this needs somebody."""


class StreamUnknown(ground.CatflapError):
    """No stream has this name, or it lacks its tag or list, or one connection has too many."""


class NotTranslatable(ground.CatflapError):
    """A text that no engine can be asked about: it is not public, or in no foreign language."""


class NoTranslation(ground.CatflapError):
    """No engine is there, or none could be trusted with this text."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a parameter: one of Mastodon's codes, and a sentence."""

    error: str
    description: str


class RegistrationRefused(ground.CatflapError):
    """Somebody cannot be registered so; ``details`` are everything that is wrong, by parameter."""

    def __init__(self, details: Mapping[str, Sequence[Detail]]) -> None:
        super().__init__(sorted(details))
        self.details = details


class StillMade(ground.CatflapError):
    """A video that is being made has no address, which every file of a status is to have."""


class NothingToConfirm(ground.CatflapError):
    """A letter about an address is asked for again, and none of this person's waits for one."""


class JoinOnPage(ground.CatflapError):
    """Somebody can come in by the page at ``address`` alone: an app brings no proof."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def _fixed(text: str) -> Say:
    return lambda error: text


def _invalid(text: str) -> Say:
    return lambda error: FAILED + text


def _refused(error: RegistrationRefused) -> str:
    found = ", ".join(
        f"{_thing(name)} {detail.description}"
        for name, details in error.details.items() for detail in details
    )
    return f"Validation failed: {found}"


def _thing(name: str) -> str:
    return {
        "body": "Text", "comment": "Text", "title": "Title", "warning": "Content warning",
        "alt": "Description", "name": "Display name", "bio": "Note", "client_name": "Name",
        "redirect_uris": "Redirect URI", "password": "Password", "place": "Place",
        "remark": "Comment", "message": "Comment",
    }.get(name, name.replace("_", " ").capitalize())


def _question(error: notes.QuestionInvalid) -> str:
    said = {
        notes.Unfit.FEW: "Options must be more than one",
        notes.Unfit.SAME: "Options contain duplicate items",
        notes.Unfit.SHORT: "Expires at is too soon",
        notes.Unfit.LONG: "Expires at is too far into the future",
    }[error.reason]
    return f"Validation failed: {said}"


SAID: dict[type[ground.CatflapError], tuple[int, Say]] = {
    BodyTooLarge: (413, lambda e: f"The request is over {e.limit_bytes} bytes"),
    BodyInvalid: (400, _fixed("The request's body cannot be read as its content type says")),
    ParameterInvalid: (422, lambda e: f"Validation failed: {e.reason}"),
    StreamUnknown: (400, _fixed("Unknown stream")),
    CursorInvalid: (400, _fixed("No list here gave out this position")),
    OutsideScopes: (403, _fixed("This action is outside the authorized scopes")),
    PersonNeeded: (422, _fixed("This method requires an authenticated user")),
    RegistrationRefused: (422, _refused),
    NotTranslatable: (403, _fixed("This action is not allowed")),
    NoTranslation: (503, _fixed("Service Unavailable")),
    NothingToConfirm: (
        403, _fixed("This method is only available while the e-mail is awaiting confirmation"),
    ),
    ground.SignInNeeded: (401, _fixed("The access token is invalid")),
    ground.NotFound: (404, _fixed(NOT_FOUND)),
    ground.NotAllowed: (403, _fixed("This action is not allowed")),
    ground.Overtaken: (409, _fixed("Conflict during update, please try again")),
    ground.TooFast: (429, _fixed("Too many requests")),
    ground.TextTooLong: (
        422,
        lambda e: f"Validation failed: {_thing(e.field)} character limit of {e.limit_chars} "
        "exceeded",
    ),
    ground.TextMissing: (422, lambda e: f"Validation failed: {_thing(e.field)} can't be blank"),
    ground.TooMany: (422, lambda e: f"Validation failed: {e.limit} {e.thing} at most"),
    access.TokenInvalid: (401, _fixed("The access token is invalid")),
    access.RedirectInvalid: (422, _invalid("Redirect URI must be an absolute URI.")),
    access.ScopeInvalid: (422, _invalid("Scopes doesn't match configured on the server.")),
    access.PasswordTooShort: (
        422, lambda e: f"Validation failed: Password is too short (minimum is {e.limit_chars} "
        "characters)",
    ),
    access.PasswordTooCommon: (422, _invalid("Password is one that everybody tries first")),
    access.EmailInvalid: (422, _invalid("Email is invalid")),
    access.EmailTaken: (422, _invalid("Email has already been taken")),
    access.RegistrationsClosed: (403, _fixed("This action is not allowed")),
    access.WrongCredentials: (401, _fixed("The access token is invalid")),
    people.HandleInvalid: (422, _invalid("Username must contain only letters, numbers and _")),
    people.HandleTaken: (422, _invalid("Username has already been taken")),
    people.HandleConfusable: (422, _invalid("Username looks like one that is taken")),
    people.StillWaiting: (403, _fixed("Your login is currently pending approval")),
    JoinOnPage: (
        422, lambda e: f"Many come in from this network; join on the web page: {e.address}",
    ),
    arrivals.ProofNeeded: (422, _fixed("Many come in from this network; join on the web page")),
    arrivals.InvitationNeeded: (403, _fixed("This action is not allowed")),
    people.NotYourself: (403, _fixed("This action is not allowed")),
    people.DomainInvalid: (422, _invalid("Domain is not a valid domain name")),
    addresses.AddressRefused: (422, _invalid("Endpoint is invalid")),
    pushing.PushKeysInvalid: (422, _invalid("Keys are invalid")),
    moderation.DateInvalid: (422, _invalid("Date is invalid")),
    moderation.EndsTooSoon: (422, _invalid("Ends at must be after starts at")),
    moderation.ReactionInvalid: (422, _invalid("Name is not a recognized emoji")),
    notes.NoteEmpty: (422, _invalid("Text can't be blank")),
    notes.NotBoostable: (404, _fixed(NOT_FOUND)),
    notes.NotQuotable: (422, _invalid("Quoted post does not allow quoting")),
    notes.NotPinnable: (422, _invalid("This post cannot be pinned")),
    notes.QuestionInvalid: (422, _question),
    notes.PollEnded: (422, _invalid("The poll has already ended")),
    notes.VotedAlready: (422, _invalid("You have already voted on this poll")),
    notes.OwnPoll: (422, _invalid("You can't vote in your own poll")),
    notes.ChoiceInvalid: (422, _invalid("The chosen vote option does not exist")),
    notes.PlannedBadly: (422, _invalid("Scheduled at must be in the future")),
    notes.TagInvalid: (422, _invalid("Tag is invalid")),
    notes.VideoAlone: (
        422, _invalid("Cannot attach a video to a post that already contains images"),
    ),
    notes.MediaNotReady: (422, _invalid(NOT_PROCESSED)),
    StillMade: (422, _invalid(NOT_PROCESSED)),
    media.MediaKindRefused: (422, _invalid("File content type is invalid")),
    media.MediaTooLarge: (
        422, lambda e: f"Validation failed: File is over {e.limit_bytes} bytes",
    ),
    media.TooManyPixels: (
        422, lambda e: f"Validation failed: File has over {e.limit_pixels} pixels",
    ),
    media.VideoTooLong: (422, _invalid("File is too long a video")),
    media.MediaUnreadable: (422, _invalid("File cannot be read")),
    media.FocusUnfit: (422, _invalid("Focus is x,y, each from -1.0 to 1.0")),
    media.WorkshopBusy: (429, _fixed("Too many requests")),
}

COMPARED: frozenset[type[ground.CatflapError]] = frozenset({
    ground.SignInNeeded, access.TokenInvalid, access.WrongCredentials, ground.NotFound,
    notes.NotBoostable, OutsideScopes, PersonNeeded, BodyTooLarge, BodyInvalid, ParameterInvalid,
    StreamUnknown, CursorInvalid, access.RedirectInvalid, access.ScopeInvalid,
    addresses.AddressRefused, pushing.PushKeysInvalid, ground.NotAllowed,
})
"""What apps act upon or their makers read, never their people."""


def _cannot_register(words: Words, error: RegistrationRefused) -> str:
    del words
    return " ".join(detail.description for row in error.details.values() for detail in row)


OWN: dict[type[ground.CatflapError], Sentence] = {
    RegistrationRefused: _cannot_register,
    JoinOnPage: lambda w, e: f"{sentences.sentence(w, arrivals.ProofNeeded())} {e.address}",
    NotTranslatable: lambda w, e: w.gettext(
        "This is for few, or in your language already, so it is not translated."),
    NoTranslation: lambda w, e: w.gettext("No engine here could be trusted with this text."),
    StillMade: lambda w, e: w.gettext("The video is still being made; try again in a moment."),
    NothingToConfirm: lambda w, e: w.gettext("No address of yours waits to be confirmed."),
    people.DomainInvalid: lambda w, e: w.gettext(
        "This is not the name of a server; one looks like example.org."),
}
"""The words of this door's own errors, for other languages than English."""

OAUTH: dict[type[ground.CatflapError], tuple[int, str, str]] = {
    access.AppUnknown: (
        401, "invalid_client",
        ("Client authentication failed due to unknown client, no client authentication included, "
         "or unsupported authentication method."),
    ),
    access.GrantInvalid: (
        400, "invalid_grant",
        ("The provided authorization grant is invalid, expired, revoked, does not match the "
         "redirection URI used in the authorization request, or was issued to another client."),
    ),
    access.RevokingRefused: (
        403, "unauthorized_client", "You are not authorized to revoke this token",
    ),
    access.GrantKindUnknown: (
        400, "unsupported_grant_type",
        "The authorization grant type is not supported by the authorization server.",
    ),
}
"""What RFC 6749, section 5.2, names, with Mastodon's sentences and statuses."""

_OAUTH_SCOPE = (400, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
_OAUTH_REQUEST = (400, "invalid_request", "The request is missing a required parameter.")


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as apps read it."""

    error: str
    error_description: str = ""
    details: Mapping[str, Sequence[Detail]] = {}


def said(
    error: ground.CatflapError, *, words: Words, is_oauth: bool = False
) -> tuple[int, Problem]:
    """Status and body of an error; one without an entry is a fault of ours, and says so."""
    if is_oauth and isinstance(error, access.ScopeInvalid):
        status, name, text = _OAUTH_SCOPE
        return status, Problem(error=name, error_description=text)
    if is_oauth and isinstance(error, (ParameterInvalid, BodyInvalid, ground.TextMissing)):
        status, name, text = _OAUTH_REQUEST
        return status, Problem(error=name, error_description=text)
    for kind in type(error).__mro__:
        if kind in OAUTH:
            status, name, text = OAUTH[kind]
            return status, Problem(error=name, error_description=text)
        if kind in SAID:
            status, say = SAID[kind]
            details = error.details if isinstance(error, RegistrationRefused) else {}
            return status, Problem(error=_worded(error, say(error), words), details=details)
    if words.locale == ENGLISH:
        return 500, Problem(error=STUMBLED)
    return 500, Problem(error=words.gettext("Something went wrong on our side."))


def _worded(error: ground.CatflapError, english: str, words: Words) -> str:
    """An error's sentence in the person's language, as far as apps do not compare it."""
    if words.locale == ENGLISH or type(error) in COMPARED:
        return english
    own = OWN.get(type(error))
    found = sentences.sentence(words, error) if own is None else own(words, error)
    if found is None:
        return english
    return FAILED + found if english.startswith(FAILED) else found


def answer(error: ground.CatflapError, *, words: Words, is_oauth: bool = False) -> Response:
    """The whole answer, with when to come back where that is known."""
    status, problem = said(error, words=words, is_oauth=is_oauth)
    made = Response(msgspec.json.encode(problem), status, media_type="application/json")
    wait = getattr(error, "retry_after_s", None)
    if wait is not None:
        made.headers["retry-after"] = str(wait)
    if status == 401:
        made.headers["www-authenticate"] = (
            'Bearer realm="Catflap", error="invalid_token", '
            'error_description="The access token is invalid"'
        )
    return made
