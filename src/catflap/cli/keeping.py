"""Looking after a community: checks, jobs, backups."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec

from catflap.cli.speaking import Wiring
from catflap.ground import jobs
from catflap.ground.database import Database
from catflap.ground.errors import CatflapError
from catflap.ground.jobs import Backlog, Waiting
from catflap.ground.settings import Settings, SettingsInvalid
from catflap.migrations import running
from catflap.translation.codes import CHINESE, ENGLISH
from catflap.translation.engines.port import Batch, Engine

LOW_DISK_BYTES = 1_000_000_000


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; ``found`` says what to change where it is not ok."""

    what: str
    ok: bool
    found: str


async def examine(wiring: Wiring, settings: Settings) -> list[Check]:
    """Look at everything a community stands on."""
    checks = [_address(settings), _disk(settings)]
    try:
        house = wiring.open_house(settings)
    except (SettingsInvalid, OSError) as error:
        return [*checks, Check(what="settings", ok=False, found=str(error))]
    checks.append(await _database(settings, house.database))
    if not house.engines:
        checks.append(Check(
            what="translation", ok=True,
            found="no engine: readers get originals with a reading aid. Set `engines` to add one "
            "(docs/operating.md, Translation).",
        ))
    checks += [await _engine(engine) for engine in house.engines]
    mail = "set" if settings.smtp_url else "none: nobody can reset a forgotten password"
    checks.append(Check(what="mail", ok=True, found=mail))
    await house.close()
    return checks


def _address(settings: Settings) -> Check:
    if settings.is_secure() or not settings.public_url:
        return Check(what="address", ok=True, found=settings.address())
    return Check(
        what="address", ok=False,
        found=f"{settings.address()} is not encrypted; put TLS in front and say https://",
    )


def _disk(settings: Settings) -> Check:
    settings.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data).free
    found = f"{free // 1_000_000} MB free in {settings.data}"
    return Check(what="disk", ok=free > LOW_DISK_BYTES, found=found)


async def _database(settings: Settings, database: Database) -> Check:
    try:
        behind = await running.is_behind(settings.database_address())
        async with database.reads() as reads:
            waiting = [] if behind else await jobs.backlog(reads)
    except Exception as error:  # noqa: BLE001 - told to the operator
        # A diagnosis reports whatever stands in the way.
        return Check(what="database", ok=False, found=f"{type(error).__name__}: {error}")
    if behind:
        return Check(what="database", ok=False, found="behind this version: `catflap migrate`")
    dead = sum(row.count for row in waiting if row.dead)
    if dead:
        return Check(what="database", ok=False, found=f"{dead} dead jobs: `catflap jobs --dead`")
    return Check(what="database", ok=True, found="answers, up to date, no dead jobs")


async def _engine(engine: Engine) -> Check:
    batch = Batch(source=ENGLISH, target=CHINESE, texts=["Good morning"])
    try:
        answer = (await engine.translate(batch))[0]
    except CatflapError as error:
        found = f"{type(error).__name__}: {error}; check its address and that it runs"
        return Check(what=f"engine {engine.card.name}", ok=False, found=found)
    return Check(what=f"engine {engine.card.name}", ok=True, found=f"Good morning → {answer[:60]}")


async def backlog(database: Database) -> list[Backlog]:
    """What waits, by kind."""
    async with database.reads() as reads:
        return await jobs.backlog(reads)


async def dead_letters(database: Database) -> list[Waiting]:
    """What died."""
    async with database.reads() as reads:
        return await jobs.dead_letters(reads)


async def rerun(database: Database, job_id: int | None) -> int:
    """Let one dead letter, or all, run again."""
    async with database.tx() as tx:
        return await jobs.rerun(tx, job_id)


def told(row: Any) -> str:
    """One row for a person to read."""
    if isinstance(row, Backlog):
        return f"{row.count:6} {'dead' if row.dead else 'waiting'} {row.kind}"
    return f"{row.id:6} {row.kind} after {row.attempts} attempts: {(row.error or '')[:120]}"


def backup(settings: Settings, target: Path) -> dict[str, Any]:
    """Copy database and media; the database through SQLite's own online backup.

    Raises:
        SettingsInvalid: the database is not SQLite; ``pg_dump`` backs up PostgreSQL.
    """
    url = settings.database_address()
    if not url.startswith("sqlite:///"):
        raise SettingsInvalid("database_url", "is PostgreSQL: use pg_dump, and copy the media")
    from pysqlite3 import dbapi2

    target.mkdir(parents=True, exist_ok=True)
    source = dbapi2.connect(url.removeprefix("sqlite:///"))
    copy = dbapi2.connect(str(target / "catflap.db"))
    with copy:
        source.backup(copy)
    copy.close()
    source.close()
    media = settings.media_address()
    if media.startswith("file://"):
        shutil.copytree(media.removeprefix("file://"), target / "media", dirs_exist_ok=True)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return {"folder": str(target), "bytes": size}
