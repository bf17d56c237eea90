"""Error types in the reader's words, with their status: one table for this door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catflap.access import errors as access
from catflap.ground import errors as ground
from catflap.ground.paging import CursorInvalid
from catflap.media import errors as media
from catflap.notes import errors as notes
from catflap.people import errors as people
from catflap.web.words import Words

Say = Callable[[Words, Any], str]


class FormTooLarge(ground.CatflapError):
    """A request's body is over what the door takes."""

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self.limit_bytes = limit_bytes


class FormInvalid(ground.CatflapError):
    """A request's body is no form that the door can read."""


class CrossSite(ground.CatflapError):
    """Another site sent this form."""


def _field(words: Words, name: str) -> str:
    _ = words.gettext
    return {
        "title": _("The title"), "body": _("The text"), "comment": _("The comment"),
        "warning": _("The content warning"), "place": _("The place"), "alt": _("The description"),
        "name": _("The name"), "bio": _("The bio"), "home": _("The place"),
        "password": _("The password"), "board": _("The board’s name"),
    }.get(name, _("This field"))


def _thing(words: Words, name: str) -> str:
    _ = words.gettext
    return {
        "photos": _("photos"), "tags": _("tags"), "boards": _("boards"), "drafts": _("drafts"),
        "languages": _("languages"),
    }.get(name, _("things"))


def _mb(size_bytes: int) -> int:
    return round(size_bytes / 1_000_000)


SAID: dict[type[ground.CatflapError], tuple[int, Say]] = {
    ground.NotFound: (404, lambda w, e: w.gettext("This is not here, or not for you.")),
    ground.NotAllowed: (403, lambda w, e: w.gettext("Only its author can do this.")),
    ground.SignInNeeded: (401, lambda w, e: w.gettext("Please sign in first.")),
    ground.TextTooLong: (422, lambda w, e: w.gettext(
        "%(field)s has %(length)s characters; %(limit)s is the most.",
        field=_field(w, e.field), length=e.length_chars, limit=e.limit_chars)),
    ground.TextMissing: (422, lambda w, e: w.gettext(
        "%(field)s is empty; write a word or two.", field=_field(w, e.field))),
    ground.TooMany: (422, lambda w, e: w.gettext(
        "%(count)s %(thing)s are too many; %(limit)s is the most.",
        count=e.count, thing=_thing(w, e.thing), limit=e.limit)),
    ground.TooFast: (429, lambda w, e: w.gettext(
        "That was too often. Please try again in %(seconds)s seconds.",
        seconds=e.retry_after_s)),
    CursorInvalid: (400, lambda w, e: w.gettext("This link to more is broken; start again.")),
    FormTooLarge: (413, lambda w, e: w.gettext(
        "This is larger than %(limit)s MB, the most we take.", limit=_mb(e.limit_bytes))),
    FormInvalid: (400, lambda w, e: w.gettext("This form could not be read; please try again.")),
    CrossSite: (403, lambda w, e: w.gettext("This form came from another site and was refused.")),
    people.HandleInvalid: (422, lambda w, e: w.gettext(
        "A handle cannot have “%(character)s”. Letters of any script, digits and _ are fine.",
        character=e.character) if e.character else w.gettext(
        "A handle has 1 to %(limit)s characters.", limit=e.limit_chars)),
    people.HandleConfusable: (422, lambda w, e: w.gettext(
        "This handle mixes scripts in a way that could pass for another; choose one script.")),
    people.HandleTaken: (422, lambda w, e: w.gettext(
        "Somebody has this handle, or one that looks like it; try another.")),
    people.NotYourself: (422, lambda w, e: w.gettext("You cannot do this to yourself.")),
    access.PasswordTooShort: (422, lambda w, e: w.gettext(
        "The password has %(length)s characters; it needs at least %(limit)s.",
        length=e.length_chars, limit=e.limit_chars)),
    access.PasswordTooCommon: (422, lambda w, e: w.gettext(
        "This password is among the first that anybody tries; choose another.")),
    access.EmailInvalid: (422, lambda w, e: w.gettext(
        "This is not an e-mail address; one looks like name@example.org.")),
    access.EmailTaken: (422, lambda w, e: w.gettext("Another account has this e-mail address.")),
    access.WrongCredentials: (403, lambda w, e: w.gettext(
        "No such handle, or not its password.")),
    access.ResetInvalid: (410, lambda w, e: w.gettext(
        "This link was used already or is too old; ask for another.")),
    access.RegistrationsClosed: (403, lambda w, e: w.gettext(
        "Nobody can sign up here at the moment.")),
    media.MediaTooLarge: (413, lambda w, e: w.gettext(
        "The file has %(size)s MB; %(limit)s MB is the most.",
        size=_mb(e.size_bytes), limit=_mb(e.limit_bytes))),
    media.TooManyPixels: (413, lambda w, e: w.gettext(
        "The picture has %(count)s megapixels; %(limit)s is the most.",
        count=_mb(e.pixels), limit=_mb(e.limit_pixels))),
    media.VideoTooLong: (413, lambda w, e: w.gettext(
        "The video has %(length)s seconds; %(limit)s is the most.",
        length=round(e.duration_s), limit=round(e.limit_s))),
    media.MediaKindRefused: (415, lambda w, e: w.gettext(
        "This file is none of JPEG, PNG, WebP, AVIF, GIF, HEIC, MP4, MOV and WebM.")),
    media.MediaUnreadable: (422, lambda w, e: w.gettext(
        "This file is damaged or not what it says; try saving it again.")),
    media.WorkshopBusy: (503, lambda w, e: w.gettext(
        "That was too often. Please try again in %(seconds)s seconds.",
        seconds=e.retry_after_s)),
    notes.NoteEmpty: (422, lambda w, e: w.gettext(
        "There is nothing to publish yet: add words, photos or a video.")),
    notes.TagInvalid: (422, lambda w, e: w.gettext(
        "“%(tag)s” cannot be a tag: letters of any script, digits and _ only.", tag=e.tag[:60])),
    notes.VideoAlone: (422, lambda w, e: w.gettext(
        "A note has photos or one video, not both.")),
    notes.MediaNotReady: (422, lambda w, e: w.gettext(
        "One of the files could not be used; take it out and try again.")),
}


def status_of(error: ground.CatflapError) -> int:
    """The HTTP status of an error at this door."""
    return SAID.get(type(error), (500, None))[0]


def sentence(words: Words, error: ground.CatflapError) -> str:
    """What is wrong and what would be right, in the reader's language."""
    found = SAID.get(type(error))
    if found is None:
        return words.gettext("Something went wrong on our side.")
    return found[1](words, error)
