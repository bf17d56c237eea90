"""Wires everything: settings → database → engines → events to jobs → doors. The map to read first.

One house, however it is run: ``catflap serve`` is a web process and a worker beside it, on SQLite
exactly one of each, on PostgreSQL as many as one likes; and a third that writes while a wave lasts
(`web.wave`).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from catflap.ground import memory
from catflap.ground.database import Database
from catflap.ground.jobs import Job
from catflap.ground.opening import database_at
from catflap.ground.settings import Settings

if TYPE_CHECKING:
    from catflap.ground.runner import Runner
    from catflap.house import House
    from catflap.web.door import Guarded


def known_jobs() -> Sequence[Job]:
    """Every kind of background work there is."""
    from catflap.access import jobs as access
    from catflap.arrivals import exports, importing, looking
    from catflap.arrivals import jobs as arrivals
    from catflap.feed import jobs as feed
    from catflap.feed import nightly
    from catflap.ground import events
    from catflap.media import jobs as media
    from catflap.moderation import jobs as moderation
    from catflap.notes import jobs as notes
    from catflap.notices import jobs as notices
    from catflap.notices import sending
    from catflap.previews import jobs as previews
    from catflap.search import jobs as search
    from catflap.translation import jobs as translation

    every = (
        access, arrivals, events, exports, feed, importing, looking, media, moderation, nightly,
        notes, notices, previews, search, sending, translation,
    )
    return [job for room in every for job in room.JOBS]


def subscriptions() -> dict[str, list[str]]:
    """Which jobs each event starts."""
    from catflap.arrivals import exports, importing
    from catflap.arrivals import jobs as arrivals
    from catflap.feed import jobs as feed
    from catflap.feed import nightly
    from catflap.moderation import jobs as moderation
    from catflap.notes import jobs as notes
    from catflap.notices import jobs as notices
    from catflap.notices import sending
    from catflap.search import jobs as search

    found: dict[str, list[str]] = defaultdict(list)
    rooms = (
        arrivals, exports, feed, importing, moderation, nightly, notes, notices, search, sending,
    )
    for room in rooms:
        for event, job in room.SUBSCRIPTIONS.items():
            found[event].append(job)
    return dict(found)


def open_database(settings: Settings) -> Database:
    """The database of these settings, with everybody's subscriptions."""
    return database_at(
        settings.database_address(), subscriptions=subscriptions(),
        durable=settings.database_durable,
    )


def open_house(settings: Settings) -> House:
    """A house that is ready to serve or to work."""
    from catflap import house
    from catflap.mastodon.letters import Letters
    from catflap.web.deeds import deed
    from catflap.web.mail import Mail
    from catflap.web.privacy import privacy

    return house.house(
        settings, database=open_database(settings), post=Mail(settings),
        letters=Letters(settings, deed=deed), privacy=privacy,
    )


def web(settings: Settings) -> Guarded:
    """The ASGI application."""
    from catflap.mastodon import door as mastodon
    from catflap.web.door import Door, application
    from catflap.web.routes.table import routes

    house = open_house(settings)
    door = Door(house)
    return application(door, [*routes(door), *mastodon.routes(house)])


def runner(house: House, *, name: str) -> Runner:
    """A worker of this house."""
    from catflap.ground.runner import Runner

    return Runner(house.database, known=known_jobs(), context=house, name=name)


def main() -> None:
    """The ``catflap`` command."""
    memory.import_first()
    from catflap.cli import starting
    from catflap.cli.wiring import Wiring, at_once

    wiring = Wiring(open_house=open_house, open_database=open_database, web=web, runner=runner)
    with at_once():
        if starting.begin(wiring, sys.argv[1:]):
            return
        from catflap.cli.commands import command_line

        cli = command_line(wiring)
        memory.import_is_over()
        cli()
