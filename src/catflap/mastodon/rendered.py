"""Statuses rendered once: JSON that is the same for everybody, and what differs put before it.

Most of a status is the same for every caller who reads alike: its content, pictures, mentions and
tags. That part is encoded once for each revision of a note and way of reading, and kept as bytes.
Counters, marks, the author's account and whatever the caller's filters found are written before it
at each answer; JSON does not mind the order of an object's members.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.entities.filter import FilterResult
from catflap.mastodon.entities.poll import Poll
from catflap.mastodon.entities.status import Marks, Quote, Status, TagLink, approval
from catflap.notes.model import Note, QuotableBy, Visibility
from catflap.people.model import Person

KEPT_BYTES = 32_000_000
ACCOUNTS_KEPT = 2000
DIFFERING = (
    "replies_count", "reblogs_count", "favourites_count", "favourited", "reblogged", "muted",
    "bookmarked", "pinned", "filtered", "account", "poll", "reblog", "catflap", "quotes_count",
    "quote", "quote_approval",
)
"""The members of a status that are not part of its piece; of ``catflap``, only the counter."""
_YES_NO = (b"false", b"true")


class Piece:
    """The lasting part of a status, as a struct and as the JSON that ends every rendering of it."""

    __slots__ = ("rest", "size_bytes", "status")

    def __init__(self, status: Status) -> None:
        self.status = status
        members = {
            name: getattr(status, name)
            for name in status.__struct_fields__ if name not in DIFFERING
        }
        ours = {
            name: getattr(status.catflap, name)
            for name in status.catflap.__struct_fields__ if name != "collects_count"
        }
        self.rest = msgspec.json.encode(ours)[1:] + b"," + msgspec.json.encode(members)[1:]
        self.size_bytes = 2 * len(self.rest)


class Told:
    """Somebody's account, and its JSON."""

    __slots__ = ("account", "json", "person")

    def __init__(self, person: Person, *, base: str) -> None:
        self.person = person
        self.account: Account = account(person, base=base)
        self.json = msgspec.json.encode(self.account)


class Inside:
    """What a status quotes, as the caller sees it: a status, its id alone, or why there is none."""

    __slots__ = ("id", "is_shallow", "state", "status")

    def __init__(
        self, state: str, *, status: Rendered | None, id_: int | None, is_shallow: bool
    ) -> None:
        self.state = state
        self.status = status
        self.id = str(id_) if id_ is not None else None
        self.is_shallow = is_shallow

    def whole(self) -> Quote:
        """The quote as one struct."""
        if self.is_shallow:
            return Quote(
                state=self.state, quoted_status=msgspec.UNSET, quoted_status_id=self.id
            )
        return Quote(
            state=self.state, quoted_status_id=msgspec.UNSET,
            quoted_status=self.status.whole() if self.status is not None else None,
        )

    def json(self) -> bytes:
        """The quote as JSON."""
        if self.is_shallow:
            return msgspec.json.encode(self.whole())
        status = self.status.json() if self.status is not None else b"null"
        return b'{"state":"%b","quoted_status":%b}' % (self.state.encode(), status)


class Rendered:
    """A status for one caller. A boost is one around what it passes on."""

    __slots__ = (
        "_author", "_marks", "_note", "_piece", "_poll", "_quote", "filtered", "reblog",
    )

    def __init__(
        self, piece: Piece, note: Note, *, author: Told, marks: Marks, poll: Poll | None,
        filtered: tuple[FilterResult, ...] = (), reblog: Rendered | None = None,
        quote: Inside | None = None,
    ) -> None:
        self._piece = piece
        self._note = note
        self._author = author
        self._marks = marks
        self._poll = poll
        self._quote = quote
        self.filtered = filtered
        self.reblog = reblog

    @property
    def id(self) -> str:
        """The status's id."""
        return self._piece.status.id

    @property
    def tags(self) -> tuple[TagLink, ...]:
        """The status's tags."""
        return self._piece.status.tags

    @property
    def author_id(self) -> str:
        """Whose account it is told under."""
        return self._author.account.id

    @property
    def quoted(self) -> Rendered | None:
        """The whole status that it quotes, where the caller sees one."""
        return self._quote.status if self._quote is not None else None

    @property
    def lasting(self) -> Status:
        """The status as its piece has it: texts, pictures, tags; nothing that differs."""
        return self._piece.status

    def _with(
        self, *, marks: Marks | None = None, filtered: tuple[FilterResult, ...] | None = None,
        reblog: Rendered | None = None, quote: Inside | None = None,
    ) -> Rendered:
        return Rendered(
            self._piece, self._note, author=self._author, marks=marks or self._marks,
            poll=self._poll, filtered=self.filtered if filtered is None else filtered,
            reblog=reblog or self.reblog, quote=quote or self._quote,
        )

    def marked(self, marks: Marks) -> Rendered:
        """The same for somebody who did something else with it."""
        return self._with(marks=marks)

    def sifted(self, found: tuple[FilterResult, ...]) -> Rendered:
        """The same with what somebody's filters found in it."""
        inner = self.reblog.sifted(found) if self.reblog is not None else None
        return self._with(filtered=found, reblog=inner)

    def around_quoted(self, status: Rendered) -> Rendered:
        """The same with another rendering of what it quotes; a boost's stands in what it boosts."""
        if self.reblog is not None:
            return self._with(reblog=self.reblog.around_quoted(status))
        assert self._quote is not None
        quote = Inside(self._quote.state, status=status, id_=None, is_shallow=False)
        return self._with(quote=quote)

    def around(self, piece: Piece, *, by: Told) -> Rendered:
        """The boost of this that somebody made; ``piece`` is its own."""
        return Rendered(
            piece, self._note, author=by, marks=msgspec.structs.replace(self._marks, pinned=False),
            poll=None, filtered=self.filtered, reblog=self,
        )

    def whole(self) -> Status:
        """The status as one struct, for what is made of it."""
        note, marks = self._note, self._marks
        status = self._piece.status
        return msgspec.structs.replace(
            status, replies_count=note.comments_count, reblogs_count=note.boosts_count,
            favourites_count=note.likes_count, favourited=marks.liked, reblogged=marks.boosted,
            muted=marks.hushed, bookmarked=marks.collected, pinned=marks.pinned,
            filtered=self.filtered, account=self._author.account, poll=self._poll,
            reblog=self.reblog.whole() if self.reblog is not None else None,
            quotes_count=note.quotes_count,
            quote=self._quote.whole() if self._quote is not None else None,
            quote_approval=approval(note.quotable_by, note.visibility, quotable=marks.quotable),
            catflap=msgspec.structs.replace(status.catflap, collects_count=note.collects_count),
        )

    def json(self) -> bytes:
        """The status as JSON."""
        note, marks = self._note, self._marks
        return (
            b'{"replies_count":%d,"reblogs_count":%d,"favourites_count":%d,"favourited":%b,'
            b'"reblogged":%b,"muted":%b,"bookmarked":%b,"pinned":%b,"filtered":%b,"account":%b,'
            b'"poll":%b,"reblog":%b,"quotes_count":%d,"quote":%b,"quote_approval":%b,'
            b'"catflap":{"collects_count":%d,%b'
        ) % (
            note.comments_count, note.boosts_count, note.likes_count, _YES_NO[marks.liked],
            _YES_NO[marks.boosted], _YES_NO[marks.hushed], _YES_NO[marks.collected],
            _YES_NO[marks.pinned],
            msgspec.json.encode(self.filtered) if self.filtered else b"[]", self._author.json,
            msgspec.json.encode(self._poll) if self._poll is not None else b"null",
            self.reblog.json() if self.reblog is not None else b"null", note.quotes_count,
            self._quote.json() if self._quote is not None else b"null",
            _approval(note.quotable_by, note.visibility, marks.quotable),
            note.collects_count, self._piece.rest,
        )


@cache
def _approval(by: QuotableBy, visibility: Visibility, quotable: bool) -> bytes:
    return msgspec.json.encode(approval(by, visibility, quotable=quotable))


class Renderings:
    """Kept pieces, up to so many bytes, and accounts; the least used are forgotten first."""

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._pieces: OrderedDict[Hashable, Piece] = OrderedDict()
        self._accounts: OrderedDict[int, Told] = OrderedDict()
        self.cleared = 0
        """How often everything was dropped; whoever keeps what was made of pieces compares."""

    def piece(self, key: Hashable) -> Piece | None:
        """A kept piece."""
        found = self._pieces.get(key)
        if found is not None:
            self._pieces.move_to_end(key)
        return found

    def keep(self, key: Hashable, piece: Piece) -> None:
        """Keep a piece."""
        old = self._pieces.pop(key, None)
        self._size_bytes += piece.size_bytes - (old.size_bytes if old is not None else 0)
        self._pieces[key] = piece
        while self._size_bytes > self._limit_bytes:
            self._size_bytes -= self._pieces.popitem(last=False)[1].size_bytes

    def told(self, person: Person, *, base: str) -> Told:
        """Somebody's account; made anew where anything of it changed."""
        found = self._accounts.get(person.id)
        if found is None or (found.person is not person and found.person != person):
            found = self._accounts[person.id] = Told(person, base=base)
            if len(self._accounts) > ACCOUNTS_KEPT:
                self._accounts.popitem(last=False)
        return found

    def clear(self) -> None:
        """Drop everything."""
        self.cleared += 1
        self._pieces.clear()
        self._accounts.clear()
        self._size_bytes = 0


if TYPE_CHECKING:
    Shown: TypeAlias = Rendered
else:
    Shown = Status
    """A status inside another answer: its schema is a status's, what stands there is rendered."""


def _raw(value: Any) -> Any:
    if isinstance(value, Rendered):
        return msgspec.Raw(value.json())
    raise NotImplementedError(type(value))


encoded: Callable[[Any], bytes] = msgspec.json.Encoder(enc_hook=_raw).encode
"""An answer as JSON, whatever stands in it."""
