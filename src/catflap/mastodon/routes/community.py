"""What the community says of itself: rules, description, privacy, terms, announcements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from catflap.access import scopes
from catflap.ground import clock
from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon import moderating, own_words
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Needs, Nothing, endpoint
from catflap.mastodon.entities.community import (
    Announcement,
    ExtendedDescription,
    PrivacyPolicy,
    Rule,
    TermsOfService,
)
from catflap.mastodon.entities.written import html, instant
from catflap.moderation import announcements, charter, rules
from catflap.moderation.errors import DateInvalid
from catflap.moderation.model import Page, Version


@endpoint("GET", "/api/v1/instance/rules", gives=list[Rule], needs=Needs.NOBODY)
async def every_rule(door: Door, call: Call, asked: Nothing) -> list[Rule]:
    """The rules, in their order, with their translations."""
    async with door.house.database.reads() as reads:
        return await moderating.norms(reads, await rules.standing(reads))


async def _content(door: Door, reads: Reads, call: Call, version: Version) -> str:
    texts = await own_words.kept(door.presenting, reads, call, [version.text_key])
    return html(own_words.spoken(call, texts.get(version.text_key)), base=call.base)


@endpoint(
    "GET", "/api/v1/instance/extended_description", gives=ExtendedDescription, needs=Needs.NOBODY
)
async def description(door: Door, call: Call, asked: Nothing) -> ExtendedDescription:
    """What this place is, in the caller's language."""
    async with door.house.database.reads() as reads:
        found = await charter.current(reads, Page.ABOUT)
        if found is None:
            return ExtendedDescription(updated_at=instant(charter.USUAL_AT), content="")
        return ExtendedDescription(
            updated_at=instant(found.made_at), content=await _content(door, reads, call, found)
        )


@endpoint("GET", "/api/v1/instance/privacy_policy", gives=PrivacyPolicy, needs=Needs.NOBODY)
async def privacy(door: Door, call: Call, asked: Nothing) -> PrivacyPolicy:
    """What this place does with data, in the caller's language."""
    async with door.house.database.reads() as reads:
        found = await charter.current(reads, Page.PRIVACY)
        if found is not None:
            return PrivacyPolicy(
                updated_at=instant(found.made_at), content=await _content(door, reads, call, found)
            )
    words = door.house.privacy_words("zh-Hans" if call.is_chinese else "en")
    return PrivacyPolicy(updated_at=instant(charter.USUAL_AT), content=html(words, base=call.base))


async def _terms(door: Door, call: Call, day: str) -> TermsOfService:
    async with door.house.database.reads() as reads:
        try:
            found, later = await charter.terms(reads, day)
        except DateInvalid as error:
            raise NotFound("page") from error
        return TermsOfService(
            effective_date=found.effective_on, succeeded_by=later or None,
            effective=found.effective_on <= clock.now().date().isoformat(),
            content=await _content(door, reads, call, found),
        )


@endpoint("GET", "/api/v1/instance/terms_of_service", gives=TermsOfService, needs=Needs.NOBODY)
async def terms(door: Door, call: Call, asked: Nothing) -> TermsOfService:
    """The terms that count today, in the caller's language."""
    return await _terms(door, call, "")


class Day(msgspec.Struct, kw_only=True):
    """A day, ``2026-11-21``."""

    date: str


@endpoint(
    "GET", "/api/v1/instance/terms_of_service/{date}", takes=Day, gives=TermsOfService,
    needs=Needs.NOBODY,
)
async def terms_of(door: Door, call: Call, asked: Day) -> TermsOfService:
    """The terms that count from a day."""
    return await _terms(door, call, asked.date)


class Wanted(msgspec.Struct, kw_only=True):
    """Which announcements are asked for."""

    with_dismissed: bool = False


@endpoint(
    "GET", "/api/v1/announcements", takes=Wanted, gives=list[Announcement],
    scopes=scopes.EVERY,
)
async def announced(door: Door, call: Call, asked: Wanted) -> list[Announcement]:
    """What operators say to everybody now, in the caller's language."""
    async with door.house.database.reads() as reads:
        found, _ = await announcements.running(
            reads, call.me, with_dismissed=asked.with_dismissed
        )
        return await own_words.announced(
            door.presenting, reads, call, found[::-1], viewer=call.me
        )


class Which(msgspec.Struct, kw_only=True):
    """An announcement, by id."""

    id: str

    def number(self) -> int:
        """Its id.

        Raises:
            NotFound: it is none.
        """
        found = from_text(self.id)
        if found is None:
            raise NotFound("announcement")
        return found


@endpoint(
    "POST", "/api/v1/announcements/{id}/dismiss", takes=Which, scopes=("write:accounts",)
)
async def dismiss(door: Door, call: Call, asked: Which) -> Nothing:
    """Be shown an announcement no more."""
    async with door.house.database.tx() as tx:
        await announcements.dismiss(tx, asked.number(), by=call.me)
    return Nothing()


class Reacted(Which, kw_only=True):
    """An announcement and an emoji."""

    name: str


REACTIONS = "/api/v1/announcements/{id}/reactions/{name}"


async def _react(
    door: Door, call: Call, asked: Reacted, verb: Callable[..., Awaitable[None]]
) -> Nothing:
    async with door.house.database.tx() as tx:
        await verb(tx, asked.number(), asked.name, by=call.me)
    return Nothing()


@endpoint("PUT", REACTIONS, takes=Reacted, scopes=("write:favourites",))
async def react(door: Door, call: Call, asked: Reacted) -> Nothing:
    """React to an announcement with an emoji."""
    return await _react(door, call, asked, announcements.react)


@endpoint("DELETE", REACTIONS, takes=Reacted, scopes=("write:favourites",))
async def unreact(door: Door, call: Call, asked: Reacted) -> Nothing:
    """Take a reaction back."""
    return await _react(door, call, asked, announcements.take_back)
