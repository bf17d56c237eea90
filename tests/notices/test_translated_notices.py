"""Who is told of better translations, once, and whose words a notice may still quote."""

from __future__ import annotations

from catflap.notes import actions, queries
from catflap.notes.model import Visibility, Written
from catflap.notices import queries as notices
from catflap.notices.model import Kind
from catflap.people import actions as people
from tests.translation.test_suggesting import BEST, Readers, among


async def told(r: Readers, person) -> list[tuple[Kind, int, int | None]]:
    """What a person was told, newest first."""
    await r.p.works()
    async with r.db.reads() as reads:
        page = await notices.of_viewer(reads, person, after=None)
    return [(one.kind, one.actor_id, one.note_id) for one in page.items]


def test_the_author_is_told_of_a_suggestion_and_its_writer_that_it_stands(database_url, tmp_path):
    async def story(r: Readers) -> None:
        id_ = await r.suggests(r.mei)
        await r.suggests(r.mei)
        assert await told(r, r.juniper) == [(Kind.SUGGESTION, r.mei, r.note)]
        assert await told(r, r.mei) == []
        await r.accepts(r.juniper, id_)
        await r.accepts(r.juniper, id_)
        assert await told(r, r.mei) == [(Kind.ACCEPTED, r.juniper, r.note)]
        await r.undoes(r.juniper, id_)
        await r.suggests(r.juniper, BEST)  # her own: nobody needs to be told
        assert len(await told(r, r.juniper)) == len(await told(r, r.mei)) == 1

    among(database_url, tmp_path, story)


def test_one_host_s_word_tells_nobody_and_the_second_s_the_writer(database_url, tmp_path):
    async def story(r: Readers) -> None:
        one, two = r.hosts
        id_ = await r.suggests(r.mei)
        await r.accepts(one, id_)
        assert await told(r, r.mei) == []
        await r.accepts(two, id_)
        assert await told(r, r.mei) == [(Kind.ACCEPTED, two, r.note)]

    among(database_url, tmp_path, story)


def test_nobody_hears_of_people_they_hide(database_url, tmp_path):
    async def story(r: Readers) -> None:
        async with r.db.tx() as tx:
            await people.mute(tx, by=r.juniper, person=r.mei)
        await r.suggests(r.mei)
        await r.suggests(r.tang, BEST)
        assert await told(r, r.juniper) == [(Kind.SUGGESTION, r.tang, r.note)]
        async with r.db.tx() as tx:
            await people.block(tx, by=r.juniper, person=r.tang)
        assert await told(r, r.juniper) == []

    among(database_url, tmp_path, story)


def test_a_note_that_is_hidden_now_is_seen_by_none_who_were_told_of_it(database_url, tmp_path):
    async def story(r: Readers) -> None:
        await r.accepts(r.juniper, await r.suggests(r.mei))
        under = await r.p.says(r.tang, r.note, "@mei look")
        assert {kind for kind, *_ in await told(r, r.mei)} == {Kind.MENTION, Kind.ACCEPTED}

        async def seen(viewer) -> set[int]:
            async with r.db.reads() as reads:
                return set(await queries.seen(reads, [r.note, under], viewer=viewer))

        assert await seen(r.mei) == {r.note, under}
        async with r.db.tx() as tx:
            await actions.edit(
                tx, r.note, by=r.juniper,
                written=Written(body="Only for me now", visibility=Visibility.ONLY_ME),
            )
        assert await seen(r.mei) == set()
        assert await seen(None) == set()
        assert await seen(r.juniper) == {r.note, under}

    among(database_url, tmp_path, story)
