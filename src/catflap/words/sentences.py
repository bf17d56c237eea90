"""What is wrong and what would be right: a sentence for each error of a feature, in one table.

Doors add those of their own errors, and choose status and form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catflap.access import errors as access
from catflap.arrivals import errors as arrivals
from catflap.ground import errors as ground
from catflap.ground.paging import CursorInvalid
from catflap.media import errors as media
from catflap.media import subtitling
from catflap.moderation import errors as moderation
from catflap.notes import errors as notes
from catflap.people import errors as people
from catflap.translation import errors as translation
from catflap.translation.codes import NAMES
from catflap.words.catalogue import Words

Say = Callable[[Words, Any], str]


def _field(words: Words, name: str) -> str:
    _ = words.gettext
    return {
        "title": _("The title"), "body": _("The text"), "comment": _("The comment"),
        "warning": _("The content warning"), "place": _("The place"), "alt": _("The description"),
        "name": _("The name"), "bio": _("The bio"), "home": _("The place"),
        "password": _("The password"), "board": _("The board’s name"),
        "translation": _("The translation"), "term": _("The term"), "meaning": _("The meaning"),
        "note": _("The explanation"), "rendering": _("The rendering"), "reason": _("The reason"),
        "word": _("The word to them"),
        "option": _("The option"), "stamp": _("What the seal says"), "handle": _("The handle"),
        "email": _("The e-mail address"),
        "rule": _("The rule"), "hint": _("The explanation"), "about": _("The text"),
        "privacy": _("The text"), "terms": _("The text"),
        "announcement": _("The announcement"), "message": _("The message"),
        "remark": _("The remark"),
    }.get(name, _("This field"))


def _thing(words: Words, name: str) -> str:
    _ = words.gettext
    return {
        "photos": _("photos"), "tags": _("tags"), "boards": _("boards"), "drafts": _("drafts"),
        "languages": _("languages"), "variants": _("spellings"),
        "subtitles": _("languages of subtitles"), "family": _("tags that mean the same"),
        "proposals": _("open proposals"), "fields": _("lines"), "options": _("options"),
        "pins": _("pinned notes"), "planned": _("planned notes"),
        "rules": _("rules"), "announcements": _("announcements"), "reported": _("notes"),
        "reactions": _("different reactions"),
        "imports": _("archives at a time"), "old handles": _("old handles"),
        "uses": _("uses"), "days": _("days"), "invitations": _("invitations"),
    }.get(name, _("things"))


def _subtitles(words: Words, error: media.SubtitlesInvalid) -> str:
    _ = words.gettext
    if error.reason is media.Reason.TOO_LONG and not error.line:
        return _("This file of subtitles is larger than %(limit)s kB, the most we take.",
                 limit=subtitling.FILE_MAX_BYTES // 1000)
    return {
        media.Reason.NO_CUES: _("There are no subtitles in this file; it should be SRT or WebVTT."),
        media.Reason.BAD_TIME: _(
            "Line %(line)s: a time is written like 00:01:02,500 --> 00:01:04,000.",
            line=error.line),
        media.Reason.ENDS_BEFORE_START: _(
            "Line %(line)s: this subtitle must end after it starts.", line=error.line),
        media.Reason.NOT_TEXT: _(
            "Line %(line)s: this is not text; save the subtitles as UTF-8.", line=error.line),
        media.Reason.TOO_LONG: _(
            "Line %(line)s: one subtitle has %(limit)s characters at most.",
            line=error.line, limit=subtitling.CUE_MAX_CHARS),
        media.Reason.TOO_MANY: _(
            "Line %(line)s: %(limit)s subtitles is the most we take.",
            line=error.line, limit=subtitling.CUES_MAX),
        media.Reason.TOO_LATE: _(
            "Line %(line)s: no subtitle can be later than %(hours)s hours.",
            line=error.line, hours=subtitling.LAST_MS // 3_600_000),
    }[error.reason]


def _proposal(words: Words, error: notes.ProposalRefused) -> str:
    _ = words.gettext
    return {
        notes.Vain.SAME: _("That is one and the same tag; name another."),
        notes.Vain.TOGETHER: _("These tags stand together already."),
        notes.Vain.ALONE: _("This tag stands alone; there is nothing to take it out of."),
    }[error.reason]


def _suggestion(words: Words, error: translation.SuggestionRefused) -> str:
    _ = words.gettext
    return {
        "links": _("Links, mentions and tags must be the same as in the original."),
        "language": _("The text is in this language already."),
        "lines": _("Each subtitle keeps its line: write as many lines as the original has."),
        "markup": _("A translation is plain words: take out what stands between < and >."),
        "turning": _("A hidden character in this turns the text round; write it without."),
    }.get(error.reason, _("This is what stands there already."))


def _seal(words: Words, error: arrivals.StampRefused) -> str:
    _ = words.gettext
    return {
        arrivals.Unstampable.OWN: _("Others put their seals on your note."),
        arrivals.Unstampable.UNTAXED: _(
            "This is no cat tax: that is a newcomer’s photo note for everybody."),
        arrivals.Unstampable.DESIGN: _("There is no such seal; choose one of those shown."),
    }[error.reason]


def size(size_bytes: int) -> str:
    """A size as people read it: ``3 kB``, ``1.2 MB``, ``340 MB``, ``2.5 GB``; never nothing.

    The units are those of thousands, and the same in every language.
    """
    value, unit = max(size_bytes / 1000, 1.0), "kB"
    for larger in ("MB", "GB"):
        if round(value) >= 1000:
            value, unit = value / 1000, larger
    shown = f"{value:.0f}" if unit == "kB" or value >= 10 else f"{value:.1f}"
    return f"{shown.removesuffix('.0')} {unit}"


def mb(size_bytes: int) -> int:
    """A size in millions, rounded, as sentences tell it."""
    return round(size_bytes / 1_000_000)


def _question(words: Words, error: notes.QuestionInvalid) -> str:
    _ = words.gettext
    return {
        notes.Unfit.FEW: _("A poll needs two options or more."),
        notes.Unfit.SAME: _("Two options of the poll are the same."),
        notes.Unfit.SHORT: _("A poll lasts five minutes or longer."),
        notes.Unfit.LONG: _("A poll lasts a month at most."),
    }[error.reason]


def _too_large(words: Words, error: arrivals.ArchiveTooLarge) -> str:
    _ = words.gettext
    return {
        arrivals.Measure.UPLOAD_BYTES: _(
            "This archive has %(size)s MB; %(limit)s MB is the most we take.",
            size=mb(error.found), limit=mb(error.limit)),
        arrivals.Measure.FILES: _(
            "There are more than %(limit)s files in this archive, the most we read.",
            limit=error.limit),
        arrivals.Measure.DIRECTORY_BYTES: _(
            "The list of files in this archive is too long to be read."),
        arrivals.Measure.UNPACKED_BYTES: _(
            "This archive unpacks to more than %(limit)s MB, the most we read.",
            limit=mb(error.limit)),
        arrivals.Measure.ITEMS: _(
            "A list in this archive has more than %(limit)s entries, the most we read.",
            limit=error.limit),
    }[error.measure]


def _json_invalid(words: Words, error: arrivals.JsonInvalid) -> str:
    _ = words.gettext
    where = f"{error.at_bytes:,}"
    return {
        arrivals.Fault.BROKEN: _("A file in it is broken at byte %(where)s.", where=where),
        arrivals.Fault.TRUNCATED: _(
            "A file in it ends at byte %(where)s, too early; download it again.", where=where),
        arrivals.Fault.NOT_UTF8: _(
            "A file in it is not UTF-8 at byte %(where)s; bring it as it was downloaded.",
            where=where),
        arrivals.Fault.NOT_A_NUMBER: _(
            "A file in it has a number that is none at byte %(where)s.", where=where),
        arrivals.Fault.TOO_DEEP: _(
            "A file in it is nested deeper than any platform writes, at byte %(where)s.",
            where=where),
        arrivals.Fault.TOO_LONG: _(
            "A file in it has one piece longer than any platform writes, at byte %(where)s.",
            where=where),
    }[error.fault]


SENTENCES: dict[type[ground.CatflapError], Say] = {
    ground.NotFound: lambda w, e: w.gettext("This is not here, or not for you."),
    ground.NotAllowed: lambda w, e: w.gettext("Only its author can do this."),
    ground.Overtaken: lambda w, e: w.gettext(
        "Somebody changed this at the same moment. Please try again."),
    ground.SignInNeeded: lambda w, e: w.gettext("Please sign in first."),
    ground.TextTooLong: lambda w, e: w.gettext(
        "%(field)s has %(length)s characters; %(limit)s is the most.",
        field=_field(w, e.field), length=e.length_chars, limit=e.limit_chars),
    ground.TextMissing: lambda w, e: w.gettext(
        "%(field)s is empty; write a word or two.", field=_field(w, e.field)),
    ground.TooMany: lambda w, e: w.gettext(
        "%(count)s %(thing)s are too many; %(limit)s is the most.",
        count=e.count, thing=_thing(w, e.thing), limit=e.limit),
    ground.TooFast: lambda w, e: w.gettext(
        "That was too often. Please try again in %(seconds)s seconds.",
        seconds=e.retry_after_s),
    CursorInvalid: lambda w, e: w.gettext("This link to more is broken; start again."),
    people.HandleInvalid: lambda w, e: w.gettext(
        "A handle cannot have “%(character)s”. Letters of any script, digits and _ are fine.",
        character=e.character) if e.character else w.gettext(
        "A handle has 1 to %(limit)s characters.", limit=e.limit_chars),
    people.HandleConfusable: lambda w, e: w.gettext(
        "This handle mixes scripts in a way that could pass for another; choose one script."),
    people.HandleTaken: lambda w, e: w.gettext(
        "Somebody has this handle, or one that looks like it; try another."),
    people.StillWaiting: lambda w, e: w.gettext(
        "You are in the queue: you can read now, and write as soon as it is your turn."),
    arrivals.InvitationNeeded: lambda w, e: w.gettext(
        "This place takes in people who were invited; ask somebody here for a code."),
    arrivals.InvitationSpent: lambda w, e: w.gettext(
        "This invitation was used up, taken back, or is too old; ask for another."),
    arrivals.StampRefused: _seal,
    arrivals.TaxPaid: lambda w, e: w.gettext("Your cat tax is paid already."),
    arrivals.ProofRefused: lambda w, e: w.gettext(
        "Your browser’s sum did not hold or came too late; please send the form again."),
    arrivals.ProofNeeded: lambda w, e: w.gettext(
        "Very many come in right now, also from your network. On the web page your browser does a "
        "small sum (with scripts on); please join there, or try again later."),
    arrivals.OldHandleInvalid: lambda w, e: w.gettext(
        "“%(handle)s” is no handle there; one looks like cat.person, or like name@place.example "
        "on Mastodon.", handle=e.written[:60]),
    arrivals.NotProvable: lambda w, e: w.gettext(
        "We cannot look at profiles there. Bring your lists: who names you, and whom you name, "
        "can find each other."),
    people.NotYourself: lambda w, e: w.gettext("You cannot do this to yourself."),
    access.PasswordTooShort: lambda w, e: w.gettext(
        "The password has %(length)s characters; it needs at least %(limit)s.",
        length=e.length_chars, limit=e.limit_chars),
    access.PasswordTooCommon: lambda w, e: w.gettext(
        "This password is among the first that anybody tries; choose another."),
    access.EmailInvalid: lambda w, e: w.gettext(
        "This is not an e-mail address; one looks like name@example.org."),
    access.EmailTaken: lambda w, e: w.gettext("Another account has this e-mail address."),
    access.WrongCredentials: lambda w, e: w.gettext(
        "No such handle, or not its password."),
    access.ResetInvalid: lambda w, e: w.gettext(
        "This link was used already or is too old; ask for another."),
    access.RegistrationsClosed: lambda w, e: w.gettext(
        "Nobody can sign up here at the moment."),
    access.AppUnknown: lambda w, e: w.gettext(
        "This app is not known here; let it register anew."),
    access.RedirectInvalid: lambda w, e: w.gettext(
        "This app asks to be answered at an address that it did not register."),
    access.ScopeInvalid: lambda w, e: w.gettext(
        "This app asks for more than it registered for."),
    access.GrantInvalid: lambda w, e: w.gettext(
        "This app’s request could not be understood; try again from the app."),
    access.GrantKindUnknown: lambda w, e: w.gettext(
        "This app’s request could not be understood; try again from the app."),
    arrivals.ArchiveUnknown: lambda w, e: w.gettext(
        "Nothing in this file is of a kind that we can read. Bring it as you downloaded it."),
    arrivals.TextExport: lambda w, e: w.gettext(
        "This is the form for reading by eye. Ask for your data again and choose JSON as the file "
        "format: in TikTok under Settings, Account, Download your data."),
    arrivals.ArchiveEncrypted: lambda w, e: w.gettext(
        "This archive needs a password; bring it without one."),
    arrivals.ArchiveDamaged: lambda w, e: w.gettext(
        "This archive is cut off or damaged; download it again."),
    arrivals.ArchiveTooLarge: _too_large,
    arrivals.ArchiveBomb: lambda w, e: w.gettext(
        "A file in this archive unpacks to %(ratio)s times its size or more; we read nothing over "
        "%(limit)s times.", ratio=e.ratio, limit=e.limit_ratio),
    arrivals.ArchiveNested: lambda w, e: w.gettext(
        "There are only archives in this archive; unpack it once and bring what is inside."),
    arrivals.ArchivePathUnsafe: lambda w, e: w.gettext(
        "A file in this archive has a name that leads out of it, or is a link; no platform gives "
        "such an archive."),
    arrivals.ArchiveNamesTwice: lambda w, e: w.gettext(
        "Two files in this archive have the same name; no platform gives such an archive."),
    arrivals.JsonInvalid: _json_invalid,
    media.MediaTooLarge: lambda w, e: w.gettext(
        "The file has %(size)s MB; %(limit)s MB is the most.",
        size=mb(e.size_bytes), limit=mb(e.limit_bytes)),
    media.TooManyPixels: lambda w, e: w.gettext(
        "The picture has %(count)s megapixels; %(limit)s is the most.",
        count=mb(e.pixels), limit=mb(e.limit_pixels)),
    media.VideoTooLong: lambda w, e: w.gettext(
        "The video has %(length)s seconds; %(limit)s is the most.",
        length=round(e.duration_s), limit=round(e.limit_s)),
    media.MediaKindRefused: lambda w, e: w.gettext(
        "This file is none of JPEG, PNG, WebP, AVIF, GIF, HEIC, MP4, MOV and WebM."),
    media.FocusUnfit: lambda w, e: w.gettext(
        "Where to look is two numbers from -1 to 1 with a comma between, such as 0.5,-1."),
    media.MediaUnreadable: lambda w, e: w.gettext(
        "This file is damaged or not what it says; try saving it again."),
    media.WorkshopBusy: lambda w, e: w.gettext(
        "That was too often. Please try again in %(seconds)s seconds.",
        seconds=e.retry_after_s),
    media.SubtitlesInvalid: _subtitles,
    translation.NotBilingual: lambda w, e: w.gettext(
        "Only people who read both %(source)s and %(target)s can do this; your settings say which "
        "languages you read.",
        source=NAMES.get(e.source, e.source), target=NAMES.get(e.target, e.target)),
    translation.SuggestionRefused: _suggestion,
    translation.HostsOnly: lambda w, e: w.gettext(
        "This is for hosts: people who came two weeks ago or more, and wrote five times or more."),
    translation.TermTaken: lambda w, e: w.gettext(
        "“%(term)s” is in the glossary already; change it there.", term=e.term),
    moderation.DateInvalid: lambda w, e: w.gettext(
        "“%(day)s” is no date; one looks like 2026-11-21.", day=e.text),
    moderation.EndsTooSoon: lambda w, e: w.gettext("An announcement must end after it begins."),
    moderation.ReactionInvalid: lambda w, e: w.gettext("A reaction is one emoji."),
    notes.NoteEmpty: lambda w, e: w.gettext(
        "There is nothing to publish yet: add words, photos or a video."),
    notes.TagInvalid: lambda w, e: w.gettext(
        "“%(tag)s” cannot be a tag: letters of any script, digits and _ only.", tag=e.tag[:60]),
    notes.VideoAlone: lambda w, e: w.gettext(
        "A note has photos or one video, not both."),
    notes.MediaNotReady: lambda w, e: w.gettext(
        "One of the files could not be used; take it out and try again."),
    notes.NotBoostable: lambda w, e: w.gettext("This is not here, or not for you."),
    notes.NotQuotable: lambda w, e: w.gettext(
        "Whoever wrote this does not let you quote it, or not for so many."),
    notes.NotPinnable: lambda w, e: w.gettext(
        "What is for few cannot stand first on your page."),
    notes.QuestionInvalid: _question,
    notes.PollEnded: lambda w, e: w.gettext("This poll has ended."),
    notes.VotedAlready: lambda w, e: w.gettext("You have voted in this poll already."),
    notes.OwnPoll: lambda w, e: w.gettext("Nobody votes in their own poll."),
    notes.ChoiceInvalid: lambda w, e: w.gettext("Choose one of the poll’s options."),
    notes.PlannedBadly: lambda w, e: w.gettext(
        "A note can be planned for five minutes ahead or later."),
    notes.ProposalRefused: _proposal,
    notes.ProposalDecided: lambda w, e: w.gettext(
        "This was decided otherwise, or withdrawn; propose it anew if it still matters."),
    notes.OwnProposal: lambda w, e: w.gettext(
        "You proposed this, so others decide; you may withdraw it."),
}


def sentence(words: Words, error: ground.CatflapError) -> str | None:
    """What is wrong and what would be right, in the reader's language; None for what is unsaid."""
    found = SENTENCES.get(type(error))
    return None if found is None else found(words, error)
