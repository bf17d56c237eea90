"""Notifications in groups: those that are alike together, whom they name once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from catflap.ground.database import Reads
from catflap.ground.errors import NotFound
from catflap.ground.ids import from_text
from catflap.mastodon.call import Call
from catflap.mastodon.door import Door
from catflap.mastodon.endpoint import Nothing, endpoint
from catflap.mastodon.entities.account import Account, account
from catflap.mastodon.entities.notification import (
    Count,
    Group,
    Grouped,
    GroupedPartly,
    PartialAccount,
    ReportGroup,
)
from catflap.mastodon.entities.report import Report
from catflap.mastodon.entities.written import instant
from catflap.mastodon.notifying import NAMES, reports
from catflap.mastodon.paging import link
from catflap.mastodon.routes.notifications import READ, WRITE, Unread, Wanted, kinds, listed
from catflap.notes import queries as notes
from catflap.notices import actions, pages
from catflap.notices import queries as notices
from catflap.notices.model import BUNDLED, Bundle, Kind
from catflap.people import queries as people
from catflap.people.model import Person

SAMPLE = 8
ALONE = "ungrouped-"
PARTIAL = "partial_avatars"


class WantedGroups(Wanted, kw_only=True):
    """Which groups are asked for, and how much of whom they name."""

    grouped_types: list[str] | str = msgspec.field(default_factory=list)
    expand_accounts: str = "full"


class UnreadGroups(Unread, kw_only=True):
    """What is to be counted, in groups."""

    grouped_types: list[str] | str = msgspec.field(default_factory=list)


def _bundled(grouped_types: list[str] | str) -> list[Kind]:
    """The kinds that are shown together: those that can be, or those of them that are named."""
    named = listed(grouped_types)
    return [
        kind for kind, name in NAMES.items() if kind in BUNDLED and (not named or name in named)
    ]


class Key(msgspec.Struct, kw_only=True):
    """A group, by its key."""

    group_key: str
    expand_accounts: str = "full"
    limit: int = 40


@endpoint(
    "GET", "/api/v2/notifications", takes=WantedGroups, gives=Grouped, scopes=READ
)
async def several(door: Door, call: Call, asked: WantedGroups) -> Grouped:
    """One's notifications in groups, newest first."""
    page = msgspec.structs.replace(asked.page(), bundled=tuple(_bundled(asked.grouped_types)))
    async with door.house.database.reads() as reads:
        made = await pages.bundles(reads, call.me, page)
        # A page goes on under the oldest that it showed, so that the next one overlaps none.
        looked = [one.id for bundle in made.found for one in bundle.notices]
        link(call, looked, count=0 if made.goes_on else len(looked) + 1)
        return await _grouped(door, reads, call, made.found, expand=asked.expand_accounts)


async def _grouped(
    door: Door, reads: Reads, call: Call, found: Sequence[Bundle], *, expand: str
) -> Grouped:
    """Bundles as groups; those whose note cannot be seen any more are left out."""
    ids = [one.newest.note_id for one in found if one.newest.note_id is not None]
    shown = await notes.shown(reads, list(dict.fromkeys(ids)), viewer=call.viewer)
    statuses = await door.presenting.statuses(reads, call, shown)
    seen = {int(status.id) for status in statuses}
    samples = {bundle.newest.id: _sample(bundle) for bundle in found}
    known = await people.by_ids(reads, [id_ for row in samples.values() for id_ in row])
    kept = [
        bundle for bundle in found
        if bundle.newest.note_id is None or bundle.newest.note_id in seen
    ]
    kept = [bundle for bundle in kept if any(id_ in known for id_ in samples[bundle.newest.id])]
    reported = await reports(reads, call, [one.newest for one in kept])
    kept = [
        one for one in kept
        if (one.newest.kind is not Kind.CASE or one.newest.case_id in reported)
        and (one.newest.kind is not Kind.SIGNED_UP or call.is_operator)
    ]
    groups = [_group(one, samples[one.newest.id], reported) for one in kept]
    order = dict.fromkeys(id_ for one in kept for id_ in samples[one.newest.id] if id_ in known)
    if expand != PARTIAL:
        return Grouped(
            accounts=[account(known[id_], base=call.base) for id_ in order],
            statuses=statuses, notification_groups=groups,
        )
    whole = {samples[one.newest.id][0] for one in kept}
    return GroupedPartly(
        accounts=[account(known[id_], base=call.base) for id_ in order if id_ in whole],
        partial_accounts=[
            _partial(known[id_], base=call.base) for id_ in order if id_ not in whole
        ],
        statuses=statuses, notification_groups=groups,
    )


def _sample(bundle: Bundle) -> list[int]:
    """The last few who did it, each once."""
    return list(dict.fromkeys(one.actor_id for one in bundle.notices))[:SAMPLE]


def _group(
    bundle: Bundle, sample: Sequence[int], reported: Mapping[int | None, Report]
) -> Group:
    newest = bundle.newest
    made = Group(
        group_key=bundle.key or f"{ALONE}{newest.id}", notifications_count=len(bundle.notices),
        type=NAMES[newest.kind], most_recent_notification_id=newest.id,
        page_min_id=str(bundle.notices[-1].id), page_max_id=str(newest.id),
        latest_page_notification_at=instant(newest.made_at),
        sample_account_ids=[str(id_) for id_ in sample],
        status_id=str(newest.note_id) if newest.note_id is not None else None,
    )
    if newest.kind is Kind.CASE:
        return ReportGroup(**msgspec.structs.asdict(made), report=reported[newest.case_id])
    return made


def _partial(person: Person, *, base: str) -> PartialAccount:
    made = account(person, base=base)
    return PartialAccount(
        id=made.id, acct=made.acct, url=made.url, avatar=made.avatar,
        avatar_static=made.avatar_static, locked=made.locked, bot=made.bot,
    )


@endpoint("GET", "/api/v2/notifications/unread_count", takes=UnreadGroups, gives=Count,
          scopes=READ)
async def unread_count(door: Door, call: Call, asked: UnreadGroups) -> Count:
    """How many groups wait to be read."""
    async with door.house.database.reads() as reads:
        return Count(
            count=await pages.unread(
                reads, call.me, kinds=kinds(asked), count=asked.most(),
                bundled=_bundled(asked.grouped_types),
            )
        )


async def _bundle(reads: Reads, call: Call, key: str) -> Bundle:
    if not key.startswith(ALONE):
        return await pages.bundle(reads, key, viewer=call.me)
    found = await notices.notice(reads, _number(key), viewer=call.me)
    return Bundle(key="", notices=[found])


def _number(key: str) -> int:
    found = from_text(key.removeprefix(ALONE))
    if found is None:
        raise NotFound("notice")
    return found


@endpoint("GET", "/api/v2/notifications/{group_key}", takes=Key, gives=Grouped, scopes=READ)
async def show(door: Door, call: Call, asked: Key) -> Grouped:
    """A group of notifications."""
    async with door.house.database.reads() as reads:
        found = await _bundle(reads, call, asked.group_key)
        made = await _grouped(door, reads, call, [found], expand=asked.expand_accounts)
    if not made.notification_groups:
        raise NotFound("notice")
    return made


@endpoint("POST", "/api/v2/notifications/{group_key}/dismiss", takes=Key, scopes=WRITE)
async def dismiss(door: Door, call: Call, asked: Key) -> Nothing:
    """Delete a group of notifications."""
    async with door.house.database.tx() as tx:
        if asked.group_key.startswith(ALONE):
            await actions.dismiss(tx, _number(asked.group_key), by=call.me)
        else:
            await actions.dismiss_bundle(tx, asked.group_key, by=call.me)
    return Nothing()


@endpoint("GET", "/api/v2/notifications/{group_key}/accounts", takes=Key, gives=list[Account],
          scopes=READ)
async def accounts(door: Door, call: Call, asked: Key) -> list[Account]:
    """Everybody in a group."""
    async with door.house.database.reads() as reads:
        found = await _bundle(reads, call, asked.group_key)
        order = list(dict.fromkeys(one.actor_id for one in found.notices))
        known = await people.by_ids(reads, order)
    return [account(known[id_], base=call.base) for id_ in order if id_ in known]
