"""One request at the web door: who looks, in which languages, and how to answer."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catflap.access.model import Opened
from catflap.ground import addresses, clock
from catflap.house import House
from catflap.people.model import PersonId, Reader, is_newcomer
from catflap.translation.codes import canonical, from_accept_language
from catflap.translation.model import Reading
from catflap.words.catalogue import LOCALES, Words, locale_for, words

COOKIE = "catflap"
THEME_COOKIE = "theme"
LOCALE_COOKIE = "locale"
FEED_COOKIE = "feed"
KNOWN_COOKIE = "known"
"""What its reader was told and need not be told again."""
NO_ENGINE = "engine"
FEEDS = ("for-you", "latest", "following")
"""What Explore shows; whoever chose none is shown the first."""
THEMES = ("auto", "light", "dark")


class Visit:
    """A request with its reader. ``reader`` is None for somebody who is not signed in."""

    def __init__(
        self, request: Request, house: House, *, reader: Reader | None, session: Opened | None
    ) -> None:
        self.request = request
        self.house = house
        self.reader = reader
        self.session = session

    @property
    def viewer(self) -> PersonId | None:
        """Who looks, for reads."""
        return self.reader.id if self.reader else None

    @cached_property
    def guessed(self) -> tuple[str, ...]:
        """Languages the browser says its person reads."""
        return from_accept_language(self.request.headers.get("accept-language", ""))

    @cached_property
    def locale(self) -> str:
        """The interface's language."""
        if self.reader is not None and self.reader.locale in LOCALES:
            return self.reader.locale
        chosen = self.request.cookies.get(LOCALE_COOKIE, "")
        return chosen if chosen in LOCALES else locale_for(self.guessed)

    def speak(self, lang: str) -> None:
        """Have the interface speak a language that was asked for, where it can."""
        asked = canonical(lang)
        if locale_for((asked,)).partition("-")[0] == asked:
            self.locale = locale_for((asked,))

    @property
    def words(self) -> Words:
        """The interface's words."""
        return words(self.locale)

    @cached_property
    def reading(self) -> Reading:
        """How this reader reads texts."""
        if self.reader is not None:
            return Reading.of(self.reader)
        chosen = self.request.cookies.get(LOCALE_COOKIE, "")
        if chosen in LOCALES or not self.guessed:
            return Reading(reads=(self.locale.split("-")[0],))
        return Reading(reads=self.guessed)

    @property
    def theme(self) -> str:
        """Light, dark, or whatever the device says."""
        chosen = self.request.cookies.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @cached_property
    def lacks_engine(self) -> bool:
        """Whether no engine translates what people mostly write here for this reader."""
        house, reading = self.house, self.reading
        foreign = [lang for lang in house.ahead_languages if lang not in reading.reads]
        if not house.engines:
            return True
        return bool(foreign) and not any(
            house.routes.has(lang, reading.target) for lang in foreign
        )

    @property
    def knows_no_engine(self) -> bool:
        """Whether the reader was told that no engine translates here, and put that away."""
        return self.request.cookies.get(KNOWN_COOKIE) == NO_ENGINE

    @cached_property
    def feed(self) -> str:
        """Which of `FEEDS` the reader chose: now by the address, or before."""
        chosen = self.request.query_params.get("feed") or self.request.cookies.get(FEED_COOKIE)
        return chosen if chosen in FEEDS else FEEDS[0]

    @property
    def is_own_page(self) -> bool:
        """Whether this is the reader's own profile."""
        return self.reader is not None and self.request.scope["path"] == f"/@{self.reader.handle}"

    @property
    def is_newcomer(self) -> bool:
        """Whether the reader is new here."""
        return self.reader is not None and is_newcomer(
            joined_at=self.reader.joined_at, published_count=self.reader.published_count,
            now=clock.now(),
        )

    @property
    def is_host(self) -> bool:
        """Whether the reader was here before; what hosts may do is checked in the actions."""
        return self.reader is not None and not self.is_newcomer

    @property
    def is_operator(self) -> bool:
        """Whether the reader is one of those who run the server, by the setting `operators`."""
        return self.reader is not None and self.reader.handle in self.house.settings.operators

    @property
    def wants_json(self) -> bool:
        """Whether one of our scripts asks."""
        return "application/json" in self.request.headers.get("accept", "")

    @property
    def address(self) -> str:
        """The person's network address; from the proxy's header only where one is trusted."""
        peer = self.request.client.host if self.request.client else ""
        if not self.house.settings.behind_proxy:
            return peer
        return addresses.caller(peer, self.request.headers.getlist("x-forwarded-for"))

    @property
    def household(self) -> str:
        """What limits count the address by."""
        return addresses.household(self.address)

    def back(self, fallback: str = "/") -> Response:
        """A redirect to the page a form was on, if it is ours."""
        path = self.request.query_params.get("back", "")
        safe = path.startswith("/") and not path.startswith(("//", "/\\"))
        return RedirectResponse(path if safe else fallback, status_code=303)

    def when(self, at: datetime) -> str:
        """How long ago, in few words; the date after a week."""
        seconds = max(0, int((clock.now() - at).total_seconds()))
        _, n = self.words.gettext, self.words.ngettext
        if seconds < 60:
            return _("just now")
        if seconds < 3600:
            return n("%(num)s minute ago", "%(num)s minutes ago", seconds // 60)
        if seconds < 86400:
            return n("%(num)s hour ago", "%(num)s hours ago", seconds // 3600)
        if seconds < 7 * 86400:
            return n("%(num)s day ago", "%(num)s days ago", seconds // 86400)
        return at.strftime("%Y-%m-%d")

    def number(self, count: int) -> str:
        """A count in few characters: 1.2k, 1.2万."""
        step, unit = (10_000, "万") if self.locale == "zh-Hans" else (1000, "k")
        if count < step:
            return str(count)
        return f"{count / step:.1f}".removesuffix(".0") + unit

    def context(self, **values: Any) -> dict[str, Any]:
        """What every template is given, and what this one is."""
        return {"visit": self, "viewer": self.reader, "path": self.request.scope["path"], **values}
