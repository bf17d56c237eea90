"""What somebody did, in few words, for where there is no page: a push on a phone."""

from __future__ import annotations

from catflap.notices.model import Kind
from catflap.words.catalogue import words


def deed(locale: str, kind: Kind) -> str:
    """What a notice says, to go behind a name."""
    _ = words(locale).gettext
    return {
        "like": _("likes your note"), "comment": _("commented on your note"),
        "reply": _("answered you"), "follow": _("follows you"),
        "collect": _("collected your note"), "mention": _("mentioned you"),
        "suggestion": _("suggests a better translation of your words"),
        "accepted": _("took your translation"), "asks": _("asks to follow you"),
        "granted": _("lets you follow them"), "wrote": _("published a note"),
        "boost": _("passed your note on"), "poll": _("asked a poll that has ended"),
        "case": _("reported somebody"),
        "stamp": _("put a seal on your cat tax"),
        "found": _("is here too: you knew each other elsewhere"),
    }.get(str(kind), "")
