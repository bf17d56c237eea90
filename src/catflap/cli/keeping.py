"""Looking after a community: checks, jobs, backups."""

from __future__ import annotations

import os
import shutil
from itertools import permutations
from pathlib import Path
from smtplib import SMTPException
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec

from catflap.access.jobs import Post
from catflap.arrivals import lettering
from catflap.arrivals.valve import Way
from catflap.cli.wiring import Wiring
from catflap.ground import faults, jobs, sealing
from catflap.ground.database import Database
from catflap.ground.database_url import sqlite_file
from catflap.ground.errors import CatflapError, NotFound
from catflap.ground.jobs import Backlog, Waiting
from catflap.ground.settings import FILE_NAME, PREFIX, Settings, SettingsInvalid
from catflap.house import House
from catflap.media.store import Store
from catflap.migrations import running
from catflap.notices import pushing
from catflap.people import queries as people
from catflap.translation.codes import CHINESE, ENGLISH, Lang
from catflap.translation.engines.port import Batch, Engine, EngineBusy

LOW_DISK_BYTES = 1_000_000_000
GREETINGS = ((ENGLISH, CHINESE, "Good morning"), (CHINESE, ENGLISH, "早上好"))
NOT_OURS = ("CATFLAP_TEST_", "CATFLAP_BENCH_")
"""What tests and benchmarks are told, which the server does not read."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at; ``found`` says what to change where it is not ok."""

    what: str
    ok: bool
    found: str


async def examine(wiring: Wiring, settings: Settings) -> list[Check]:
    """Look at everything a community stands on."""
    wrong = list(faults.faults(settings))
    checks = [*_environment(), _address(settings), *map(_wrong, wrong)]
    where = {fault.where for fault in wrong}
    if where & {"data", "database_url"}:
        return checks  # what follows would stumble over the same
    checks += [_disk(settings), archives(settings), _coming_in(settings), _letters()]
    try:
        house = wiring.open_house(settings)
    except SettingsInvalid as error:
        return [*checks, _wrong(error)]
    except OSError as error:
        return [*checks, Check(what="settings", ok=False, found=str(error))]
    checks.append(await _database(settings, house.database))
    if not house.engines:
        checks.append(Check(
            what="translation", ok=True,
            found="no engine: readers get originals with a reading aid. Set `engines` to add one "
            "(docs/operating.md, Translation).",
        ))
    checks += [await _engine(engine) for engine in house.engines]
    checks.append(await _operators(settings, house.database))
    checks += _routes(house)
    checks.append(await _pushes(house.database))
    if "smtp_url" not in where:
        checks.append(await _mail(settings, house.post))
    checks.append(await _files(house.store))
    await house.close()
    return checks


def _routes(house: House) -> list[Check]:
    """For each pair of this community's languages, who translates it, in order."""
    checks = []
    for source, target in permutations(house.ahead_languages, 2):
        steps = [_step(engine, source, target) for engine in house.routes.route(source, target)]
        has_aid = house.lexicon.supports(source=source, target=target)
        steps.append("reading aid" if has_aid else "original only")
        checks.append(Check(what=f"route {source}-{target}", ok=True, found=" → ".join(steps)))
    return checks


def _step(engine: Engine, source: Lang, target: Lang) -> str:
    via = engine.via(source, target)
    return f"{engine.card.name} through {via}" if via else engine.card.name


def _environment() -> list[Check]:
    """Variables that look like settings and are none."""
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__}
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name not in known and not name.startswith(NOT_OURS)
    )
    return [
        Check(what="environment", ok=False, found=f"{name} is no setting (docs/operating.md)")
        for name in unknown
    ]


def _wrong(fault: SettingsInvalid) -> Check:
    return Check(what="settings", ok=False, found=f"{fault.where}: {fault.reason}")


def _address(settings: Settings) -> Check:
    if faults.shares_one_address(settings):
        return Check(
            what="address", ok=False,
            found=f"{settings.address()} means a proxy, behind which everybody seems to come from "
            "one address: set `behind_proxy = true`, and let the proxy say `X-Forwarded-For`",
        )
    if settings.is_secure() or not settings.public_url:
        return Check(what="address", ok=True, found=settings.address())
    return Check(
        what="address", ok=False,
        found=f"{settings.address()} is not encrypted; put TLS in front and say https://",
    )


async def _pushes(database: Database) -> Check:
    """Whether there is a key that pushes are signed with; the key itself is never told."""
    try:
        async with database.reads() as reads:
            has_key = await pushing.vapid(reads) is not None
    except Exception as error:  # noqa: BLE001 - told to the operator
        # A diagnosis reports whatever stands in the way.
        return Check(what="pushes", ok=False, found=f"{type(error).__name__}: {error}")
    found = "signed with this community's key" if has_key else "a key is made when an app asks"
    return Check(what="pushes", ok=True, found=found)


async def _mail(settings: Settings, post: Post) -> Check:
    if not settings.smtp_url:
        return Check(
            what="mail", ok=True,
            found="none: who forgot a password needs you and `catflap people reset HANDLE`. "
            "Set `smtp_url` to have links mailed.",
        )
    try:
        await post.answers()
    except (OSError, SMTPException) as error:
        found = f"{type(error).__name__}: {error}; check `smtp_url`"
        return Check(what="mail", ok=False, found=found)
    return Check(what="mail", ok=True, found="the server takes mail")


async def _files(store: Store) -> Check:
    try:
        with NamedTemporaryFile() as file:
            await store.put_file(Path(file.name), "doctor/written")
        await store.clear("doctor")
    except Exception as error:  # noqa: BLE001 - told to the operator
        # A diagnosis reports whatever stands in the way.
        return Check(what="files", ok=False, found=f"{type(error).__name__}: {error}")
    return Check(what="files", ok=True, found="can be written and deleted")


def _disk(settings: Settings) -> Check:
    settings.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data).free
    found = f"{free // 1_000_000} MB free in {settings.data}"
    return Check(what="disk", ok=free > LOW_DISK_BYTES, found=found)


def archives(settings: Settings) -> Check:
    """Whether an archive of the largest size has room: as it comes in, and in the store."""
    free = shutil.disk_usage(settings.data).free
    needed = 2 * settings.archive_max_mb * 1_000_000
    found = f"{settings.archive_max_mb} MB at most, which need {needed // 1_000_000} MB of disk"
    if free >= needed:
        return Check(what="archives", ok=True, found=found)
    found += f", and {free // 1_000_000} MB are free: lower `archive_max_mb`, or make room"
    return Check(what="archives", ok=False, found=found)


def _coming_in(settings: Settings) -> Check:
    """How people come in, and whether somebody is there who can let them in."""
    way = Way(settings.registrations)
    if way is Way.APPROVAL and not settings.operators:
        return Check(
            what="coming in", ok=False,
            found="by `approval`, and nobody is there to approve: name `operators`",
        )
    found = str(way)
    if way is Way.VALVED:
        found += f", {settings.sign_ups_per_hour or 'as many as operators can bear'} an hour"
        found += "" if settings.operators else "; without `operators` that is very few"
    return Check(what="coming in", ok=True, found=found)


async def _operators(settings: Settings, database: Database) -> Check:
    """Whether those who are named live here; with a single one nobody judges that one."""
    what = "operators"
    if not settings.operators:
        found = "none: nobody reads reports or writes rules. Set `operators` to your handle."
        return Check(what=what, ok=True, found=found)
    missing = []
    try:
        async with database.reads() as reads:
            for handle in settings.operators:
                try:
                    await people.by_handle(reads, handle, viewer=None)
                except NotFound:
                    missing.append(handle)
    except Exception as error:  # noqa: BLE001 - told to the operator
        # A diagnosis reports whatever stands in the way.
        return Check(what=what, ok=False, found=f"{type(error).__name__}: {error}")
    if missing:
        found = f"nobody here is called {', '.join(missing)}: whoever takes the name is operator"
        return Check(what=what, ok=False, found=found)
    found = ", ".join(settings.operators)
    if len(settings.operators) == 1:
        found += "; reports about this one reach nobody: name two"
    return Check(what=what, ok=True, found=found)


def _letters() -> Check:
    """Whether names with Chinese letters stand on the pictures of keepsakes."""
    path = lettering.font_path()
    if path is not None:
        return Check(what="keepsakes", ok=True, found=f"lettered with {path}")
    return Check(
        what="keepsakes", ok=True,
        found="no font with Chinese: previews of keepsakes show seals without names. "
        "Install Noto Sans CJK (Debian: fonts-noto-cjk) to change that.",
    )


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
    # An engine may know one direction only, as a machine with a single model does.
    source, target, words = next(
        (pair for pair in GREETINGS if engine.supports(pair[0], pair[1])), GREETINGS[0]
    )
    try:
        answer = (await engine.translate(Batch(source=source, target=target, texts=[words])))[0]
    except CatflapError as error:
        told = isinstance(error, EngineBusy) and error.reason
        found = told or f"{type(error).__name__}: {error}; check its address and that it runs"
        return Check(what=f"engine {engine.card.name}", ok=False, found=found)
    return Check(what=f"engine {engine.card.name}", ok=True, found=f"{words} → {answer[:60]}")


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
    """Copy database, media, sealing key and settings; the database by SQLite's online backup.

    The key stays readable for its owner alone: without it, what the copy holds sealed is lost,
    and with it the copy is as secret as the data folder.

    Raises:
        SettingsInvalid: the database is not SQLite; ``pg_dump`` backs up PostgreSQL.
    """
    file = sqlite_file(settings.database_address())
    if file is None:
        raise SettingsInvalid(
            "database_url", "is PostgreSQL: use pg_dump, and copy media, seal.key and catflap.toml"
        )
    from pysqlite3 import dbapi2

    target.mkdir(parents=True, exist_ok=True)
    source = dbapi2.connect(str(file))
    copy = dbapi2.connect(str(target / "catflap.db"))
    with copy:
        source.backup(copy)
    copy.close()
    source.close()
    media = settings.media_address()
    if media.startswith("file://"):
        shutil.copytree(media.removeprefix("file://"), target / "media", dirs_exist_ok=True)
    for name in (sealing.FILE_NAME, FILE_NAME):
        if (settings.data / name).exists():
            shutil.copy2(settings.data / name, target / name)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return {"folder": str(target), "bytes": size}
