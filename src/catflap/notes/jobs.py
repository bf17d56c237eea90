"""Work on notes that no reader waits for."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import msgspec
import structlog

from catflap.ground import jobs
from catflap.ground.database import Database
from catflap.ground.errors import CatflapError, Overtaken
from catflap.ground.jobs import PRIORITY_LAST, Job, JobDelayed
from catflap.ground.sealing import Seal
from catflap.ground.settings import Settings
from catflap.media import actions as media
from catflap.media import queries as media_queries
from catflap.notes import joining, leaving, linking, planning, polls, queries, repeats
from catflap.notes.model import NoteId, PlannedId, PollId
from catflap.people import closing
from catflap.people import queries as people
from catflap.previews.events import PreviewMade

BACKFILL_REASONS = "notes.backfill_reasons"
SHOW_PREVIEW = "notes.show_preview"
BATCH = 100

log = structlog.get_logger("catflap.notes")


class Context(Protocol):
    """What these jobs are given."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def seal(self) -> Seal:
        """What keeps marks of handles."""


class ForgetLooseMedia(msgspec.Struct, frozen=True):
    """Uploads that no note, draft or profile took."""


async def forget_loose_media(context: Context, payload: ForgetLooseMedia) -> None:
    """Delete old uploads that were never published; what a draft names stays."""
    del payload
    async with context.database.tx() as tx:
        drafted = await queries.media_in_drafts(tx)
        found = await media_queries.loose(tx)
        await media.let_go(tx, [item for item in found if item.id not in drafted])


class ForgetRepeats(msgspec.Struct, frozen=True):
    """Keys of requests that no app repeats any more."""


async def forget_repeats(context: Context, payload: ForgetRepeats) -> None:
    """Let go of the keys of yesterday's requests."""
    del payload
    async with context.database.tx() as tx:
        await repeats.forget_old(tx)


class KeepReasons(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is: the last proposal that was looked at."""

    after: int = 0


async def keep_reasons(context: Context, payload: KeepReasons) -> None:
    """Have the next reasons of declined proposals translated as other texts, and want the rest."""
    async with context.database.tx() as tx:
        ids = await joining.keep_reasons(tx, after=payload.after, count=BATCH)
        if len(ids) == BATCH:
            await jobs.enqueue(
                tx, BACKFILL_REASONS, KeepReasons(after=ids[-1]), key=BACKFILL_REASONS,
                priority=PRIORITY_LAST,
            )


async def follow_link(context: Context, payload: linking.FollowLink) -> None:
    """Have the page read that a note links to first, unless it is known already."""
    settings = context.settings
    async with context.database.tx() as tx:
        await linking.follow(
            tx, NoteId(payload.note), here=settings.address(), is_on=settings.link_previews
        )


async def show_preview(context: Context, fact: PreviewMade) -> None:
    """Show what a page says in every note that links to it."""
    async with context.database.tx() as tx:
        await linking.carded(tx, fact.preview)


async def end_poll(context: Context, payload: polls.EndPoll) -> None:
    """Tell that a poll has ended; one whose end was moved waits for that."""
    async with context.database.tx() as tx:
        left_s = await polls.end(tx, PollId(payload.poll))
    if left_s:
        raise JobDelayed(left_s)


async def publish_planned(context: Context, payload: planning.PublishPlanned) -> None:
    """Publish a planned note whose time has come; one that can no longer be is let go."""
    id_ = PlannedId(payload.planned)
    try:
        async with context.database.tx() as tx:
            due = await planning.take_due(tx, id_)
            writer = await people.reader(tx, due.person_id) if due else None
            if due is not None and writer is None and await closing.is_closed(tx, due.person_id):
                raise JobDelayed(86400)  # undone: it is published if they come back
            if due is not None and writer is not None:
                await planning.publish(tx, due.content, by=writer.id, prior=writer.reads)
    except Overtaken:
        raise
    except CatflapError as error:
        log.warning("planned_note_refused", planned=id_, error=type(error).__name__)
        async with context.database.tx() as tx:
            await planning.take_due(tx, id_)


class LeaveClosed(msgspec.Struct, frozen=True):
    """Those who left, and whose way back has ended."""


async def leave_closed(context: Context, payload: LeaveClosed) -> None:
    """Delete for real whoever left `WAY_BACK_FOR` ago; each in a transaction of their own."""
    del payload
    while True:
        async with context.database.reads() as reads:
            due = await closing.due(reads)
        if not due:
            return
        for person in due:
            async with context.database.tx() as tx:
                await leaving.leave_closed(tx, person, seal=context.seal)


JOBS = (
    Job(polls.END_POLL, polls.EndPoll, end_poll),
    Job(BACKFILL_REASONS, KeepReasons, keep_reasons),
    Job(linking.FOLLOW, linking.FollowLink, follow_link),
    Job(SHOW_PREVIEW, PreviewMade, show_preview),
    Job(planning.PUBLISH, planning.PublishPlanned, publish_planned),
    Job("notes.leave_closed", LeaveClosed, leave_closed, every=timedelta(hours=1)),
    Job(
        "notes.forget_repeats", ForgetRepeats, forget_repeats, every=timedelta(hours=1),
    ),
    Job(
        "notes.forget_loose_media", ForgetLooseMedia, forget_loose_media,
        every=timedelta(hours=6),
    ),
)
SUBSCRIPTIONS = {"PreviewMade": SHOW_PREVIEW}
