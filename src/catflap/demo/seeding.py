"""Filling an empty community with the demo, through the features' own verbs.

One copy of the demo is written note by note; ``times`` more copies share its texts and pictures,
so that a hundredfold demo costs rows and not drawing. The clock stands at each note's own moment,
so ids, orders and the feed come out as if it had happened.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import structlog

from catflap.access import actions as access
from catflap.access import passwords
from catflap.arrivals import interests
from catflap.demo import drawing, happenings, scripts
from catflap.demo.drawing import Drawn
from catflap.demo.happenings import remember
from catflap.demo.scripts import Character, Script
from catflap.ground import clock, ids
from catflap.ground.database import Tx
from catflap.house import House
from catflap.media import actions as media
from catflap.media.model import MediaId, PhotoMade
from catflap.notes import actions as notes
from catflap.notes import boards, joining
from catflap.notes.model import Format, NoteId, Written
from catflap.notices import actions as notices
from catflap.people import actions as people
from catflap.people import queries as people_queries
from catflap.people.model import PersonId
from catflap.translation import actions as translation
from catflap.translation import glossing

log = structlog.get_logger("catflap.demo")

PASSWORD = "meet me at the door"  # noqa: S105 - printed for everybody
NEWCOMER, HOST = "poppy", "阿橘"
HOST_DAYS, NEWCOMER_DAYS = 400, 44
FOUNDED = timedelta(days=HOST_DAYS + 1)
BOARD, BOARD_TR = "想做的菜", "Dishes to try"
UNREAD_DAYS = 0.6
"""Everybody has looked at their notices since then."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much a demo holds, and who its newcomer became."""

    people: int
    notes: int
    comments: int
    pictures: int
    newcomer: PersonId


async def seed(
    house: House, runner: Callable[..., Any], *, times: int = 1, seed: int = 1,
    kept: Path | None = None, whole: scripts.Whole | None = None,
) -> Counts:
    """Fill an empty community.

    What comes of it depends on ``seed``, on the moment it begins and on ``whole`` (all texts there
    are, where it is not given) alone; but for what guards passwords. ``kept`` is a folder of drawn
    pictures that outlives this demo. Closes the house.
    """
    # The ids' chance is not that of the contents: a draw more of the one would shift the other.
    chance = random.Random(f"ids {seed}")  # noqa: S311 - the same demo each time
    with clock.frozen_at(clock.now()), ids.drawn_from(chance):
        return await _seed(
            house, runner, times=times, seed=seed, kept=kept, whole=whole or scripts.whole()
        )


async def _seed(
    house: House, runner: Callable[..., Any], *, times: int, seed: int, kept: Path | None,
    whole: scripts.Whole,
) -> Counts:
    # Nobody has an app yet who could be pushed to: a third of all jobs would find that out.
    house.database.subscriptions.pop("NoticeGiven", None)
    await house.lexicon.build()
    rng = random.Random(seed)  # noqa: S311 - the same demo each time
    drawn = await drawing.drawn(house, whole.people, whole.notes, kept=kept)
    now = clock.now()
    password_hash = await passwords.hashed(PASSWORD)
    counted = [0, 0, 0]

    async def settle() -> None:
        await asyncio.sleep(0)  # nothing else here suspends on SQLite, so Ctrl-C is heard here
        await runner(house, name="demo").drain(limit=10_000_000)

    with clock.frozen_at(now - FOUNDED):
        async with house.database.tx() as tx:
            await glossing.plant(tx)
            await joining.plant(tx)
            await happenings.found_house(tx, whole.community)
    for copy in range(times):
        told = await _copy(
            house, whole, drawn, copy=copy, now=now, rng=rng, password_hash=password_hash,
            settle=settle,
        )
        counted = [a + b for a, b in zip(counted, told, strict=True)]
    async with house.database.tx() as tx:
        newcomer = await _proposal(tx)
    await house.close()
    return Counts(
        people=counted[0], notes=counted[1], comments=counted[2], pictures=len(drawn),
        newcomer=newcomer,
    )


def _suffix(copy: int) -> str:
    return f"_{copy}" if copy else ""


async def _copy(
    house: House, whole: scripts.Whole, drawn: dict[tuple[str, int], Drawn], *, copy: int,
    now: datetime, rng: random.Random, password_hash: str, settle: Callable[[], Awaitable[None]],
) -> list[int]:
    cast, found = whole.people, whole.notes
    known: dict[str, PersonId] = {}
    reads = {c.handle: c.reads for c in cast}
    days = [script.day for script in found]
    if copy:
        rng.shuffle(days)  # else the newest page would be one note a hundred times
    dated = [msgspec.structs.replace(s, day=day) for s, day in zip(found, days, strict=True)]
    first = _first_days(dated)
    async with house.database.tx() as tx:
        for c in cast:
            known[c.handle] = await _person(
                tx, c, drawn, copy=copy, now=now, rng=rng, password_hash=password_hash,
                first_day=first.get(c.handle),
            )
    async with house.database.tx() as tx:
        await _ties(tx, list(known.values()), rng=rng)
    await settle()
    ordered = sorted(dated, key=lambda s: -s.day)
    # The community's own things are there once, however many copies of the notes there are.
    coming = [] if copy else list(happenings.in_order(whole.community))
    place = happenings.Place(people=known, notes={}, reads=reads)
    comments, looked = 0, False

    async def happen(*, until: float) -> None:
        while coming and coming[0].day >= until:
            one = coming.pop(0)
            with clock.frozen_at(now - timedelta(days=one.day)):
                async with house.database.tx() as tx:
                    await happenings.happen(tx, one, place, today=now)
                await settle()

    for script in ordered:
        await happen(until=script.day)
        if script.day < UNREAD_DAYS and not looked:
            looked = True
            async with house.database.tx() as tx:
                for person in known.values():
                    await notices.read_all(tx, person)
        # What follows from a note follows on its own day: its notices say so.
        evening = min(now - timedelta(days=script.day) + timedelta(hours=8), now)
        with clock.frozen_at(evening):
            async with house.database.tx() as tx:
                note, answers = await _note(tx, script, known, reads, drawn, now=now, rng=rng)
            await settle()
        place.notes[script.key] = note
        comments += answers
    await happen(until=0)
    return [len(cast), len(found), comments]


def _first_days(found: Sequence[Script]) -> dict[str, float]:
    """How many days ago each person first wrote something."""
    first: dict[str, float] = {}
    for script in found:
        for handle in (script.by, *(line.by for line in script.comments)):
            first[handle] = max(first.get(handle, 0.0), script.day)
    return first


async def _person(
    tx: Tx, c: Character, drawn: dict[tuple[str, int], Drawn], *, copy: int, now: datetime,
    rng: random.Random, password_hash: str, first_day: float | None,
) -> PersonId:
    """Somebody, who came before they first wrote; who never wrote came yesterday."""
    days = rng.uniform(120, HOST_DAYS) if c.side == "host" else rng.uniform(1, NEWCOMER_DAYS)
    days = 1.0 if first_day is None else max(days, first_day + 1)
    handle = f"{c.handle}{_suffix(copy)}"
    locale = "zh-Hans" if c.reads[0] == "zh" else "en"
    person = await access.sign_up(
        tx, handle=handle, password_hash=password_hash, email=None, locale=locale, reads=c.reads
    )
    await people.arrived_at(tx, person, at=now - timedelta(days=days))
    key = await translation.keep(tx, c.bio, prior=c.reads)
    lang = c.reads[0] if c.reads[0] in ("en", "zh") else "en"
    await remember(tx, c.bio, c.bio_tr, lang=lang)
    await people.describe(
        tx, person, name=c.name, bio=c.bio, bio_key=key, bio_lang=lang, home=c.home,
        home_key=await translation.keep(tx, c.home, prior=c.reads),
    )
    await interests.choose(tx, person, c.interests)
    picture = drawn[(f"@{c.handle}", 0)]
    assert isinstance(picture.made, PhotoMade)
    await people.wear(
        tx, person, avatar_url=f"/files/{picture.folder}/{picture.made.sizes[0].webp}"
    )
    return person


async def _note(
    tx: Tx, s: Script, known: dict[str, PersonId], reads: dict[str, tuple[str, ...]],
    drawn: dict[tuple[str, int], Drawn], *, now: datetime, rng: random.Random,
) -> tuple[NoteId, int]:
    """Publish a note with its comments and likes; the note, and how many comments."""
    at = min(now - timedelta(days=s.day, minutes=rng.uniform(0, 1300)), now - timedelta(hours=2))
    by = known[s.by]
    media_ids = [
        await _hung(tx, drawn[(s.key, k)], owner=by)
        for k in range(len(s.scenes()) + bool(s.film))
    ]
    alts: dict[int, str] = {media_ids[0]: s.alt} if media_ids and s.alt else {}
    id_ = await _posted(tx, s, by=by, media_ids=media_ids, alts=alts, at=at, prior=reads[s.by])
    for text, other in ((s.title, s.title_tr), (s.body, s.body_tr), (s.alt, s.alt_tr)):
        await remember(tx, text, other, lang=s.lang)
    made: list[NoteId] = []
    moment = at
    for line in s.comments:
        moment = min(moment + timedelta(minutes=rng.uniform(2, 190)), now - timedelta(minutes=1))
        to = made[line.to] if line.to is not None else id_
        made.append(
            await notes.comment(
                tx, by=known[line.by], to=to, text=line.text, prior=reads[line.by], at=moment
            )
        )
        await remember(tx, line.text, line.tr, lang=line.lang)
    everyone = [person for person in known.values() if person != by]
    for target in [id_, *made]:
        most = len(everyone) if target == id_ else 6
        for person in rng.sample(everyone, k=round(rng.triangular(0, most, most * 0.15))):
            await notes.like(tx, target, by=person)
    return id_, len(made)


async def _hung(tx: Tx, drawn: Drawn, *, owner: PersonId) -> MediaId:
    if isinstance(drawn.made, PhotoMade):
        return await media.add_photo(tx, owner=owner, folder=drawn.folder, made=drawn.made)
    return await media.add_made_video(tx, owner=owner, folder=drawn.folder, made=drawn.made)


async def _posted(
    tx: Tx, s: Script, *, by: PersonId, media_ids: Sequence[MediaId], alts: dict[int, str],
    at: datetime, prior: tuple[str, ...],
) -> NoteId:
    plain = ("photo", "text", "video")
    return await notes.post(
        tx, by=by, media_ids=media_ids, alts=alts, at=at, prior=prior,
        written=Written(
            title=s.title, body=s.body, tags=s.tags, place=s.place,
            format=None if s.format in plain else Format(s.format),
        ),
    )


async def _proposal(tx: Tx) -> PersonId:
    """A proposal that waits for one more host; by the newcomer, whom this returns."""
    proposer = await people_queries.by_handle(tx, NEWCOMER, viewer=None)
    host = await people_queries.by_handle(tx, HOST, viewer=None)
    id_ = await joining.propose(tx, "weekslater", joins="还在吗", by=proposer.id)
    await joining.accept(tx, id_, by=host.id)
    return proposer.id


async def _ties(tx: Tx, everyone: Sequence[PersonId], *, rng: random.Random) -> None:
    """Who follows whom, and a board here and there."""
    for person in everyone:
        others = [other for other in everyone if other != person]
        for other in rng.sample(others, k=rng.randint(2, min(14, len(others)))):
            await people.follow(tx, by=person, person=other)
    for person in everyone[::6]:
        await boards.make(tx, by=person, title=BOARD, is_public=True, prior=("zh",))
    await remember(tx, BOARD, BOARD_TR, lang="zh")
