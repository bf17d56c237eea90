"""What Catflap itself does with what people give it, where a community wrote nothing of its own.

It says what the code does; whoever changes one changes the other, and `charter.USUAL_AT`.
"""

from __future__ import annotations

from catflap.arrivals import limits
from catflap.feed.showing import KEPT
from catflap.ground.settings import Settings
from catflap.people.model import WAY_BACK_FOR
from catflap.words.catalogue import words


def privacy(settings: Settings, locale: str, leaves_house: bool) -> str:
    """The paragraphs in a locale's words; ``leaves_house`` where an engine is elsewhere."""
    _ = words(locale).gettext
    engine = _(
        "To be translated, what is for everybody is sent to another machine. What is for few, and "
        "what is said to those who run this place, is not."
    ) if leaves_house else _("To be translated, no text leaves this server.")
    return "\n\n".join((
        _("Those who run this place have not written a privacy policy of their own yet. This is "
          "what the software does."),
        _("It keeps what you give it: your handle, your password as a hash that cannot be turned "
          "back, your e-mail address if you gave one (only to reset a forgotten password), the "
          "languages you read, and what you write, upload, like, collect and follow."),
        _("For each sign-in it keeps the browser’s name and the network address, so that you can "
          "see and end your sign-ins; they go when you end them, or %(days)s days after their "
          "last use.", days=settings.session_days),
        _("Everybody can read what you publish for everybody. What you publish for few is shown to "
          "them alone, but whoever runs the server could read its database."),
        _("To choose what you are shown, it keeps for %(days)s days which notes it showed you and "
          "where, and learns from likes what people like you like. What you want less of stays "
          "until you take it back. What you believe is neither guessed for anybody to see nor "
          "kept.", days=KEPT.days),
        engine,
        _("Photos and videos are made anew when they are uploaded: places, devices and times that "
          "were written in their files are not kept."),
        _("There is no advertising, and no page loads anything from elsewhere. Cookies hold your "
          "sign-in, your language, light or dark, and which feed you chose, nothing else."),
        _("Apps that you let in see what you allow them, until you end it in your settings. If one "
          "sends notices to your device, they pass its push service sealed."),
        _("What you delete is deleted: notes with their translations, your account with every "
          "note, comment, photo and board. What somebody reported of you is kept for those who "
          "judge it, until your account is deleted. Copies that were made for safety may last "
          "longer; ask who runs this place."),
        _("If you leave, nobody sees you or anything of yours any more; for %(days)s days you can "
          "come back, and then it is deleted within a day. If you bring handles from elsewhere to "
          "find people again, they are kept encrypted, compared only with handles that others here "
          "claim, and deleted after %(kept)s days, or when you say so.",
          days=WAY_BACK_FOR.days, kept=limits.HANDLES_KEPT_FOR.days),
        _("Of an account that was deleted one thing stays: a mark by which this server knows the "
          "handle again, so that nobody can pass for you under it. Nobody can read the handle "
          "from the mark, and it says neither whose it was nor when they left."),
    ))
