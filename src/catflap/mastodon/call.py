"""One call at this door: which app asks, for whom, and how they read."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request

from catflap.access import scopes
from catflap.access.model import Token
from catflap.ground import addresses
from catflap.ground.errors import SignInNeeded
from catflap.house import House
from catflap.mastodon.asking import Asked
from catflap.mastodon.problems import OutsideScopes
from catflap.people.model import PersonId, Reader
from catflap.translation.codes import CHINESE, ENGLISH, from_accept_language
from catflap.translation.model import Reading
from catflap.words.catalogue import Words, locale_for, words


class Call:
    """A request with what its token is good for. ``reader`` is None where nobody stands behind."""

    def __init__(
        self, request: Request, house: House, *, token: Token | None, reader: Reader | None
    ) -> None:
        self.request = request
        self.house = house
        self.token = token
        self.reader = reader
        self.links: list[str] = []
        self.asked: Asked = {}

    @property
    def viewer(self) -> PersonId | None:
        """Who looks, for reads."""
        return self.reader.id if self.reader else None

    @property
    def me(self) -> PersonId:
        """Who acts.

        Raises:
            SignInNeeded: the token is nobody's.
        """
        if self.reader is None:
            raise SignInNeeded
        return self.reader.id

    @property
    def is_operator(self) -> bool:
        """Whether the caller is one of those who run the server, by the setting `operators`."""
        return self.reader is not None and self.reader.handle in self.house.settings.operators

    @property
    def guessed(self) -> tuple[str, ...]:
        """Languages that the app says its person reads."""
        return from_accept_language(self.request.headers.get("accept-language", ""))

    @property
    def reading(self) -> Reading:
        """How this reader reads texts."""
        if self.reader is not None:
            return Reading.of(self.reader)
        return Reading(reads=self.guessed or (ENGLISH,))

    @property
    def words(self) -> Words:
        """The interface's words, as far as there are any at this door."""
        return words(self.reader.locale if self.reader else locale_for(self.guessed))

    @property
    def translates(self) -> bool:
        """Whether this app asked for translations in the place of originals."""
        return self.token is not None and self.token.translate

    @property
    def address(self) -> str:
        """Where the request comes from, as limits count it."""
        peer = self.request.client.host if self.request.client else ""
        if self.house.settings.behind_proxy:
            peer = addresses.caller(peer, self.request.headers.getlist("x-forwarded-for"))
        return addresses.household(peer)

    @property
    def base(self) -> str:
        """The public address of this community, without a slash at its end."""
        return self.house.settings.address()

    @property
    def reads(self) -> tuple[str, ...]:
        """The languages that the caller reads, best first."""
        return self.reader.reads if self.reader else self.guessed

    @property
    def is_chinese(self) -> bool:
        """Whether the caller reads Chinese first."""
        return self.reads[:1] == (CHINESE,)

    @property
    def host(self) -> str:
        """This community's name in addresses: host and, where it is unusual, port."""
        return urlsplit(self.base).netloc

    def check(self, needed: Sequence[str]) -> None:
        """Let nothing past that the token is not good for.

        Raises:
            SignInNeeded: no token came, or it is nobody's.
            OutsideScopes: it is good for something else.
        """
        if self.token is None:
            raise SignInNeeded
        if not any(scopes.allows(self.token.scopes, scope) for scope in needed):
            raise OutsideScopes
