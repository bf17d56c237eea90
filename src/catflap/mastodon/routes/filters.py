"""Filters: by words, by status, and as older apps know them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound, TextMissing
from catflap.ground.ids import from_text
from catflap.mastodon.asking import ParameterInvalid
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.entities import filter as entity
from catflap.mastodon.entities.filter import FilterKeyword, FilterStatus, FilterTold, FilterV1
from catflap.mastodon.routes.statuses import note_id
from catflap.notes import filters
from catflap.notes.filters import Deed, Filter, Place, WordChange

PLACES = {name: place for place, name in entity.PLACES.items()}
DEEDS = {name: deed for deed, name in entity.DEEDS.items()}
EXPIRES_MAX_S = 100 * 365 * 86_400


def number(text: str | None) -> int:
    """The id of a filter, a word or a filtered status.

    Raises:
        NotFound: it is none.
    """
    found = from_text(text or "")
    if found is None:
        raise NotFound("filter")
    return found


class Which(msgspec.Struct, kw_only=True):
    """Something of a filter's, by id."""

    id: str


class KeywordAsked(msgspec.Struct, kw_only=True):
    """A word of a filter to be added, changed or dropped."""

    id: str | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    destroy: bool = msgspec.field(name="_destroy", default=False)

    def change(self) -> WordChange:
        """The same in our words."""
        return WordChange(
            id=number(self.id) if self.id else None, word=self.keyword, whole=self.whole_word,
            drop=self.destroy,
        )


class Asked(msgspec.Struct, kw_only=True):
    """A filter to be made or changed; what is left out stays, or is as usual."""

    title: str | None = None
    context: list[str] | str | None = None
    filter_action: str | None = None
    expires_in: int | str | None = None
    keywords_attributes: list[KeywordAsked] | dict[str, KeywordAsked] = msgspec.field(
        default_factory=list
    )

    def places(self) -> list[Place] | None:
        """Where it holds, None where that stays."""
        return places(self.context)

    def deed(self) -> Deed | None:
        """What becomes of what it finds, None where that stays."""
        if not self.filter_action:
            return None
        if self.filter_action not in DEEDS:
            raise ParameterInvalid("Action is not included in the list")
        return DEEDS[self.filter_action]

    def words(self) -> list[WordChange]:
        """What becomes of its words."""
        asked = self.keywords_attributes
        return [one.change() for one in (asked.values() if isinstance(asked, dict) else asked)]


def places(context: list[str] | str | None) -> list[Place] | None:
    """Where a filter holds, in our words; None for nothing said.

    Raises:
        ParameterInvalid: a place that is none.
    """
    if context is None:
        return None
    names = [context] if isinstance(context, str) else context
    if not names or any(name not in PLACES for name in names):
        raise ParameterInvalid("Context None or invalid context supplied")
    return [PLACES[name] for name in names]


def until(call: Call, asked: int | str | None, *, otherwise: datetime | None) -> datetime | None:
    """When a filter ends: as asked; never for an empty ``expires_in``; else as it was.

    Raises:
        ParameterInvalid: it is no number of seconds.
    """
    if "expires_in" not in call.asked:
        return otherwise
    if asked in (None, ""):
        return None
    text = str(asked)
    if not (text.isascii() and text.isdigit()) or int(text) > EXPIRES_MAX_S:
        raise ParameterInvalid("Expires in is not a number")
    return clock.now() + timedelta(seconds=int(text))


@endpoint("GET", "/api/v2/filters", gives=list[FilterTold], scopes=("read:filters",))
async def every(door: Door, call: Call, asked: Nothing) -> list[FilterTold]:
    """One's filters."""
    async with door.house.database.reads() as reads:
        return [entity.told(one) for one in await filters.mine(reads, call.me)]


@endpoint("POST", "/api/v2/filters", takes=Asked, gives=FilterTold, scopes=("write:filters",))
async def make(door: Door, call: Call, asked: Asked) -> FilterTold:
    """Make a filter."""
    if asked.context is None:
        raise TextMissing("context")
    async with door.house.database.tx() as tx:
        id_ = await filters.make(
            tx, by=call.me, title=asked.title or "", places=asked.places() or [],
            deed=asked.deed() or Deed.WARN, until=until(call, asked.expires_in, otherwise=None),
            words=asked.words(),
        )
        return entity.told(await filters.one(tx, id_, viewer=call.me))


@endpoint("GET", "/api/v2/filters/{id}", takes=Which, gives=FilterTold, scopes=("read:filters",))
async def show(door: Door, call: Call, asked: Which) -> FilterTold:
    """One of one's filters."""
    async with door.house.database.reads() as reads:
        return entity.told(await filters.one(reads, number(asked.id), viewer=call.me))


class Changed(Asked, kw_only=True):
    """A filter's changes."""

    id: str


@endpoint("PUT", "/api/v2/filters/{id}", takes=Changed, gives=FilterTold,
          scopes=("write:filters",))
async def change(door: Door, call: Call, asked: Changed) -> FilterTold:
    """Change a filter."""
    async with door.house.database.tx() as tx:
        old = await filters.one(tx, number(asked.id), viewer=call.me)
        await filters.change(
            tx, old, by=call.me, title=asked.title, places=asked.places(), deed=asked.deed(),
            until=until(call, asked.expires_in, otherwise=old.until), words=asked.words(),
        )
        return entity.told(await filters.one(tx, old.id, viewer=call.me))


@endpoint("DELETE", "/api/v2/filters/{id}", takes=Which, scopes=("write:filters",))
async def drop(door: Door, call: Call, asked: Which) -> Nothing:
    """Delete a filter."""
    async with door.house.database.tx() as tx:
        await filters.drop(tx, await filters.one(tx, number(asked.id), viewer=call.me), by=call.me)
    return Nothing()


class Of(msgspec.Struct, kw_only=True):
    """What stands in a filter."""

    filter_id: str


@endpoint("GET", "/api/v2/filters/{filter_id}/keywords", takes=Of, gives=list[FilterKeyword],
          scopes=("read:filters",))
async def keywords(door: Door, call: Call, asked: Of) -> Sequence[FilterKeyword]:
    """A filter's words."""
    async with door.house.database.reads() as reads:
        found = await filters.one(reads, number(asked.filter_id), viewer=call.me)
    return entity.told(found).keywords


class NewKeyword(Of, kw_only=True):
    """A word to be added to a filter."""

    keyword: str = ""
    whole_word: bool | None = None


@endpoint("POST", "/api/v2/filters/{filter_id}/keywords", takes=NewKeyword, gives=FilterKeyword,
          scopes=("write:filters",))
async def add_keyword(door: Door, call: Call, asked: NewKeyword) -> FilterKeyword:
    """Add a word to a filter."""
    async with door.house.database.tx() as tx:
        old = await filters.one(tx, number(asked.filter_id), viewer=call.me)
        change = WordChange(word=asked.keyword, whole=asked.whole_word)
        await filters.change(tx, old, by=call.me, until=old.until, words=[change])
        after = await filters.one(tx, old.id, viewer=call.me)
    return entity.told(after).keywords[-1]


async def _keyword(reads: Reads, call: Call, id_: int) -> FilterKeyword:
    found, word = await filters.of_word(reads, id_, viewer=call.me)
    return next(one for one in entity.told(found).keywords if one.id == str(word.id))


@endpoint("GET", "/api/v2/filters/keywords/{id}", takes=Which, gives=FilterKeyword,
          scopes=("read:filters",))
async def keyword(door: Door, call: Call, asked: Which) -> FilterKeyword:
    """A word of a filter."""
    async with door.house.database.reads() as reads:
        return await _keyword(reads, call, number(asked.id))


class ChangedKeyword(Which, kw_only=True):
    """A word's changes."""

    keyword: str = ""
    whole_word: bool | None = None


@endpoint("PUT", "/api/v2/filters/keywords/{id}", takes=ChangedKeyword, gives=FilterKeyword,
          scopes=("write:filters",))
async def change_keyword(door: Door, call: Call, asked: ChangedKeyword) -> FilterKeyword:
    """Change a word of a filter."""
    id_ = number(asked.id)
    async with door.house.database.tx() as tx:
        old, _ = await filters.of_word(tx, id_, viewer=call.me)
        change = WordChange(id=id_, word=asked.keyword, whole=asked.whole_word)
        await filters.change(tx, old, by=call.me, until=old.until, words=[change])
        return await _keyword(tx, call, id_)


@endpoint("DELETE", "/api/v2/filters/keywords/{id}", takes=Which, scopes=("write:filters",))
async def drop_keyword(door: Door, call: Call, asked: Which) -> Nothing:
    """Take a word out of a filter."""
    id_ = number(asked.id)
    async with door.house.database.tx() as tx:
        old, _ = await filters.of_word(tx, id_, viewer=call.me)
        await filters.change(
            tx, old, by=call.me, until=old.until, words=[WordChange(id=id_, drop=True)]
        )
    return Nothing()


@endpoint("GET", "/api/v2/filters/{filter_id}/statuses", takes=Of, gives=list[FilterStatus],
          scopes=("read:filters",))
async def statuses(door: Door, call: Call, asked: Of) -> Sequence[FilterStatus]:
    """A filter's statuses."""
    async with door.house.database.reads() as reads:
        found = await filters.one(reads, number(asked.filter_id), viewer=call.me)
    return entity.told(found).statuses


class NewStatus(Of, kw_only=True):
    """A status to be added to a filter."""

    status_id: str = ""


@endpoint("POST", "/api/v2/filters/{filter_id}/statuses", takes=NewStatus, gives=FilterStatus,
          scopes=("write:filters",))
async def add_status(door: Door, call: Call, asked: NewStatus) -> FilterStatus:
    """Add a status to a filter."""
    async with door.house.database.tx() as tx:
        old = await filters.one(tx, number(asked.filter_id), viewer=call.me)
        row = await filters.name_note(tx, old, note_id(asked.status_id), by=call.me)
    return FilterStatus(id=str(row.id), status_id=str(row.note_id))


@endpoint("GET", "/api/v2/filters/statuses/{id}", takes=Which, gives=FilterStatus,
          scopes=("read:filters",))
async def status(door: Door, call: Call, asked: Which) -> FilterStatus:
    """A status of a filter."""
    async with door.house.database.reads() as reads:
        _, row = await filters.of_note(reads, number(asked.id), viewer=call.me)
    return FilterStatus(id=str(row.id), status_id=str(row.note_id))


@endpoint("DELETE", "/api/v2/filters/statuses/{id}", takes=Which, scopes=("write:filters",))
async def drop_status(door: Door, call: Call, asked: Which) -> Nothing:
    """Take a status out of a filter."""
    async with door.house.database.tx() as tx:
        _, row = await filters.of_note(tx, number(asked.id), viewer=call.me)
        await filters.unname_note(tx, row, by=call.me)
    return Nothing()


class AskedV1(msgspec.Struct, kw_only=True):
    """A filter as older apps make one: one phrase."""

    phrase: str | None = None
    context: list[str] | str | None = None
    irreversible: bool | None = None
    whole_word: bool | None = None
    expires_in: int | str | None = None

    def deed(self) -> Deed | None:
        """What becomes of what it finds, None where that stays."""
        if self.irreversible is None:
            return None
        return Deed.HIDE if self.irreversible else Deed.WARN


def _v1(found: Filter, id_: int) -> FilterV1:
    return next(one for one in entity.told_v1(found) if one.id == str(id_))


@endpoint("GET", "/api/v1/filters", gives=list[FilterV1], scopes=("read:filters",))
async def every_v1(door: Door, call: Call, asked: Nothing) -> list[FilterV1]:
    """One's filters, a phrase each."""
    async with door.house.database.reads() as reads:
        found = await filters.mine(reads, call.me)
    return [one for whole in found for one in entity.told_v1(whole)]


@endpoint("POST", "/api/v1/filters", takes=AskedV1, gives=FilterV1, scopes=("write:filters",))
async def make_v1(door: Door, call: Call, asked: AskedV1) -> FilterV1:
    """Make a filter of one phrase, which is its title too."""
    if not (asked.phrase or "").strip():
        raise TextMissing("phrase")
    async with door.house.database.tx() as tx:
        id_ = await filters.make(
            tx, by=call.me, title=(asked.phrase or "")[: filters.TITLE_MAX_CHARS],
            places=places(asked.context) or [], deed=asked.deed() or Deed.WARN,
            until=until(call, asked.expires_in, otherwise=None),
            words=[WordChange(word=asked.phrase, whole=bool(asked.whole_word))],
        )
        return entity.told_v1(await filters.one(tx, id_, viewer=call.me))[0]


@endpoint("GET", "/api/v1/filters/{id}", takes=Which, gives=FilterV1, scopes=("read:filters",))
async def show_v1(door: Door, call: Call, asked: Which) -> FilterV1:
    """A phrase of one's filters."""
    async with door.house.database.reads() as reads:
        found, word = await filters.of_word(reads, number(asked.id), viewer=call.me)
    return _v1(found, word.id)


class ChangedV1(AskedV1, kw_only=True):
    """A phrase's changes."""

    id: str


@endpoint("PUT", "/api/v1/filters/{id}", takes=ChangedV1, gives=FilterV1,
          scopes=("write:filters",))
async def change_v1(door: Door, call: Call, asked: ChangedV1) -> FilterV1:
    """Change a phrase; what it shares with others is changed where newer apps do it."""
    id_ = number(asked.id)
    async with door.house.database.tx() as tx:
        old, _ = await filters.of_word(tx, id_, viewer=call.me)
        ends = until(call, asked.expires_in, otherwise=old.until)
        wanted = places(asked.context)
        shared = (
            (wanted is not None and {*wanted} != {*old.places}) or ends != old.until
            or asked.deed() not in (None, old.deed)
        )
        if shared and len(old.words) > 1:
            raise ParameterInvalid(
                "These parameters cannot be changed from this application because they apply to "
                "more than one filter keyword. Use a more recent application or the web interface."
            )
        change = WordChange(id=id_, word=asked.phrase, whole=asked.whole_word)
        await filters.change(
            tx, old, by=call.me, places=wanted, deed=asked.deed(), until=ends, words=[change]
        )
        return _v1(await filters.one(tx, old.id, viewer=call.me), id_)


@endpoint("DELETE", "/api/v1/filters/{id}", takes=Which, scopes=("write:filters",))
async def drop_v1(door: Door, call: Call, asked: Which) -> Nothing:
    """Drop a phrase, and its filter where that leaves nothing in it."""
    id_ = number(asked.id)
    async with door.house.database.tx() as tx:
        old, _ = await filters.of_word(tx, id_, viewer=call.me)
        if len(old.words) == 1 and not old.notes:
            await filters.drop(tx, old, by=call.me)
        else:
            await filters.change(
                tx, old, by=call.me, until=old.until, words=[WordChange(id=id_, drop=True)]
            )
    return Nothing()
