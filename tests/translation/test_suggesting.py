"""Better translations by people: who may, who decides, what stands afterwards."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from catflap.ground import clock, jobs
from catflap.ground.errors import NotFound, Overtaken, TextMissing, TextTooLong
from catflap.ground.sealing import Seal
from catflap.ground.statements import Statement
from catflap.notes import actions as notes
from catflap.notes import boards, leaving, translating
from catflap.notes import queries as note_queries
from catflap.notes.model import Visibility, Written
from catflap.people import actions as people
from catflap.translation import actions, figures, queries, suggesting
from catflap.translation.codes import Lang
from catflap.translation.errors import HostsOnly, NotBilingual, SuggestionRefused
from catflap.translation.figures import Figure
from catflap.translation.model import Origin, key_of
from catflap.translation.suggesting import State
from tests.notes.test_storage import Place, at

EN = "Biscuit sleeps on the sofa all day long."
ENGINE, BETTER, BEST = "饼干整天睡沙发。", "饼干一整天都赖在沙发上。", "小饼干在沙发上睡一整天。"
KEY, ZH = key_of(EN), Lang("zh")
_WANTED = Statement(
    sa.select(sa.func.count()).select_from(jobs.jobs).where(jobs.jobs.c.key == sa.bindparam("name")),
    int,
)


class Readers:
    """A note in English, its engine's translation, and people who read both languages."""

    def __init__(self, place: Place) -> None:
        self.p, self.db = place, place.db

    async def settle(self) -> None:
        self.juniper, self.aju = self.p.juniper, self.p.aju
        self.note = await self.p.posts(self.juniper, EN)
        async with self.db.tx() as tx:
            await people.read_in(
                tx, self.juniper, locale="en", reads=("en", "zh"), translate=True,
                never_translate=(),
            )
        self.mei, self.tang = await self.joins("mei"), await self.joins("tang")
        self.hosts = [await self.joins(f"host{n}", is_host=True) for n in range(2)]
        await self.engine_says(ENGINE)

    async def joins(self, handle: str, *reads: str, is_host: bool = False):
        person = await self.p.joins(handle, "zh")
        async with self.db.tx() as tx:
            await people.read_in(
                tx, person, locale="zh-Hans", reads=reads or ("zh", "en"), translate=True,
                never_translate=(),
            )
            if is_host:
                await people.arrived_at(tx, person, at=clock.now() - timedelta(days=30))
                await people.adjust(tx, person, "notes_count", by=5)
        return person

    async def at_once(self) -> None:
        """Have the database's connections open, so that what comes next meets."""
        async def opens() -> None:
            async with self.db.tx() as tx:
                await queries.uses(tx, KEY)
                await asyncio.sleep(0.03)

        await asyncio.gather(*(opens() for _ in range(4)))

    async def engine_says(self, text: str) -> bool:
        async with self.db.tx() as tx:
            return await actions.render(
                tx, KEY, target=ZH, text=text, origin=Origin.ENGINE, engine="opus"
            )

    async def suggests(self, by, text: str = BETTER, *, note=None, target: str = "zh") -> int:
        async with self.db.tx() as tx:
            return await translating.suggest(
                tx, note or self.note, KEY, target=Lang(target), text=text, by=by
            )

    async def accepts(self, by, id_: int, *, note=None) -> bool:
        async with self.db.tx() as tx:
            return await translating.accept(
                tx, note or self.note, KEY, id_, target=ZH, by=by
            )

    async def undoes(self, by, id_: int) -> None:
        async with self.db.tx() as tx:
            await translating.undo(tx, self.note, KEY, id_, target=ZH, by=by)

    async def stands(self) -> tuple[str, int | None]:
        """What stands now, and whose it is."""
        async with self.db.reads() as reads:
            now = (await queries.kept(reads, [KEY], target=ZH))[KEY].rendition
        return (now.text, now.by_id) if now else ("", None)

    async def history(self) -> list[tuple[str, State]]:
        async with self.db.reads() as reads:
            return [(one.text, one.state) for one in await suggesting.of_text(reads, KEY, target=ZH)]

    async def figure(self, figure: Figure) -> dict[str, int]:
        async with self.db.reads() as reads:
            rows = await figures.since(reads, days=1)
        return {row.engine: row.sum for row in rows if row.figure == figure}


def among(database_url, tmp_path, story) -> None:
    async def play(place: Place) -> None:
        readers = Readers(place)
        await readers.settle()
        await story(readers)

    at(database_url, tmp_path, play)


def test_only_who_reads_both_languages_suggests(database_url, tmp_path):
    async def story(r: Readers) -> None:
        others = await r.joins("lupe", "zh", "es")
        for by, target in ((r.aju, "zh"), (others, "zh"), (r.mei, "es")):
            with pytest.raises(NotBilingual):
                await r.suggests(by, target=target)
        with pytest.raises(SuggestionRefused, match="language"):
            await r.suggests(r.mei, "Biscuit naps on the sofa.", target="en")
        await r.suggests(r.mei)
        assert await r.history() == [(BETTER, State.OPEN)]
        assert await r.stands() == (ENGINE, None)

    among(database_url, tmp_path, story)


def test_what_the_author_accepts_stands_before_every_engine_and_wherever_the_words_are(
    database_url, tmp_path
):
    async def story(r: Readers) -> None:
        id_ = await r.suggests(r.mei)
        assert await r.accepts(r.juniper, id_)
        assert await r.stands() == (BETTER, r.mei)
        assert await r.engine_says("别的") is False
        assert await r.accepts(r.juniper, id_) is False  # a second click
        assert await r.figure(Figure.CORRECTIONS) == {"opus": 1}
        elsewhere = await r.p.says(r.aju, r.note, f"\r\n{EN}  ")
        async with r.db.reads() as reads:
            key = (await note_queries.note(reads, elsewhere, viewer=r.aju)).body_key
            said = (await queries.kept(reads, [key], target=ZH))[key].rendition
        assert (said.text, said.by_id, said.origin) == (BETTER, r.mei, Origin.PERSON)

    among(database_url, tmp_path, story)


def test_two_hosts_accept_who_are_neither_one_nor_the_writer(database_url, tmp_path):
    async def story(r: Readers) -> None:
        one, two = r.hosts
        id_ = await r.suggests(one)
        for nobody in (one, r.tang):
            with pytest.raises(HostsOnly):
                await r.accepts(nobody, id_)
        third = await r.joins("host3", is_host=True)
        assert await r.accepts(two, id_) is False
        assert await r.accepts(two, id_) is False
        assert await r.stands() == (ENGINE, None)
        assert await r.accepts(third, id_) is True
        assert await r.stands() == (BETTER, one)

    among(database_url, tmp_path, story)


def test_two_hosts_who_accept_at_once_accept_once(database_url, tmp_path):
    async def story(r: Readers) -> None:
        id_ = await r.suggests(r.mei)
        await r.at_once()
        assert sorted(await asyncio.gather(*(r.accepts(host, id_) for host in r.hosts))) == [
            False, True,
        ]
        assert await r.history() == [(BETTER, State.ACCEPTED)]
        assert await r.figure(Figure.CORRECTIONS) == {"opus": 1}

    among(database_url, tmp_path, story)


def test_hosts_who_look_at_two_notes_of_the_same_words_accept_once(database_url, tmp_path):
    async def story(r: Readers) -> None:
        other = await r.p.posts(r.aju, EN)
        await r.at_once()
        one, two = r.hosts
        for text in (BETTER, BEST) * 4:
            id_ = await r.suggests(r.mei, text)
            assert sorted(await asyncio.gather(
                r.accepts(one, id_), r.accepts(two, id_, note=other)
            )) == [False, True]
            assert (await r.stands())[0] == text

    among(database_url, tmp_path, story)


def test_of_two_accepted_at_once_the_last_stands_and_can_be_taken_back(database_url, tmp_path):
    async def story(r: Readers) -> None:
        first, second = await r.suggests(r.mei), await r.suggests(r.tang, BEST)
        await r.at_once()
        await asyncio.gather(r.accepts(r.juniper, first), r.accepts(r.juniper, second))
        standing, _ = await r.stands()
        last, other = (second, BETTER) if standing == BEST else (first, BEST)
        await r.undoes(r.juniper, last)
        assert (await r.stands())[0] == other

    among(database_url, tmp_path, story)


@pytest.mark.parametrize("newest_first", [True, False])
def test_taken_back_what_stood_before_stands_again(database_url, tmp_path, newest_first):
    async def story(r: Readers) -> None:
        first, second = await r.suggests(r.mei), await r.suggests(r.tang, BEST)
        await r.accepts(r.juniper, first)
        await r.accepts(r.juniper, second)
        assert await r.stands() == (BEST, r.tang)
        with pytest.raises(HostsOnly):
            await r.undoes(r.mei, second)
        if newest_first:
            await r.undoes(r.tang, second)
            assert await r.stands() == (BETTER, r.mei)
            await r.undoes(r.hosts[0], first)
        else:
            await r.undoes(r.mei, first)
            assert await r.stands() == (BEST, r.tang)
            await r.undoes(r.juniper, second)
        assert await r.stands() == (ENGINE, None)
        await r.undoes(r.juniper, second)  # a second click
        assert await r.stands() == (ENGINE, None)
        assert {state for _, state in await r.history()} == {State.UNDONE}
        with pytest.raises(NotFound):
            await r.accepts(r.juniper, first)

    among(database_url, tmp_path, story)


def test_taken_back_where_no_engine_said_anything_the_text_is_wanted_again(database_url, tmp_path):
    async def story(r: Readers) -> None:
        async with r.db.tx() as tx:
            await actions.render(
                tx, KEY, target=ZH, text="", origin=Origin.ENGINE, engine="no", failed=True
            )
        id_ = await r.suggests(r.juniper)
        assert await r.stands() == (BETTER, r.juniper)
        await r.undoes(r.juniper, id_)
        assert await r.stands() == ("", None)
        async with r.db.reads() as reads:
            assert await reads.one(_WANTED, name=f"translation.translate:{KEY}:zh") == 1

    among(database_url, tmp_path, story)


def test_whoever_copies_a_text_decides_nothing_about_it_alone(database_url, tmp_path):
    async def story(r: Readers) -> None:
        mallory = await r.joins("mallory")

        async def as_note() -> None:
            copy = await r.p.posts(mallory, EN, visibility=Visibility.ONLY_ME)
            id_ = await r.suggests(mallory, "饼干很讨厌。", note=copy)
            with pytest.raises(HostsOnly):
                await r.accepts(mallory, id_, note=copy)
            async with r.db.tx() as tx:
                with pytest.raises(HostsOnly):
                    await translating.accept(tx, r.note, KEY, id_, target=ZH, by=r.juniper)
                assert not await translating.claim_language(
                    tx, copy, KEY, lang="fr", by=mallory
                )
                await notes.withdraw(tx, copy, by=mallory)

        await as_note()
        assert await r.stands() == (ENGINE, None)
        async with r.db.tx() as tx:
            board = await boards.make(tx, by=mallory, title=EN, is_public=False)
        waiting = await r.suggests(r.juniper)
        assert await r.stands() == (ENGINE, None)
        async with r.db.tx() as tx:
            await boards.drop(tx, board, by=mallory)
        assert await r.accepts(r.juniper, waiting)  # alone with her words again
        assert await r.stands() == (BETTER, r.juniper)

    among(database_url, tmp_path, story)


def test_an_author_who_says_the_same_twice_is_still_their_only_author(database_url, tmp_path):
    async def story(r: Readers) -> None:
        again = await r.p.posts(r.juniper, EN, title=EN)
        async with r.db.tx() as tx:
            await boards.make(tx, by=r.juniper, title=EN, is_public=True)
            await notes.edit(tx, again, by=r.juniper, written=Written(title=EN, body=EN, place="Home"))
        await r.suggests(r.juniper)
        assert await r.stands() == (BETTER, r.juniper)

    among(database_url, tmp_path, story)


def test_of_an_edited_text_nothing_is_decided_any_more_and_of_a_deleted_one_nothing_is_left(
    database_url, tmp_path
):
    async def story(r: Readers) -> None:
        id_ = await r.suggests(r.mei)
        async with r.db.tx() as tx:
            await notes.edit(tx, r.note, by=r.juniper, written=Written(body="Something else."))
        for deed in (r.accepts(r.juniper, id_), r.suggests(r.tang, BEST), r.undoes(r.mei, id_)):
            with pytest.raises(NotFound):
                await deed
        async with r.db.tx() as tx:
            await notes.withdraw(tx, r.note, by=r.juniper)
        assert await r.history() == []
        async with r.db.reads() as reads:
            with pytest.raises(NotFound):
                await suggesting.suggestion(reads, id_)

    among(database_url, tmp_path, story)


def test_deciding_while_the_note_is_taken_back_is_one_or_the_other(database_url, tmp_path):
    async def story(r: Readers) -> None:
        id_ = await r.suggests(r.mei)

        async def withdraws() -> None:
            async with r.db.tx() as tx:
                await notes.withdraw(tx, r.note, by=r.juniper)

        async def decides() -> None:
            with contextlib.suppress(NotFound, Overtaken):
                await r.accepts(r.juniper, id_)

        await r.at_once()
        await asyncio.gather(decides(), withdraws())
        async with r.db.reads() as reads:
            assert not await queries.kept(reads, [KEY], target=Lang("zh"))

    among(database_url, tmp_path, story)


REFUSED = {
    "": TextMissing,
    "饼" * 5000: TextTooLong,
    EN: SuggestionRefused,
    ENGINE: SuggestionRefused,
    "饼干<script>alert(1)</script>睡沙发": SuggestionRefused,
    "饼干睡<b>沙发</b>": SuggestionRefused,
    "饼干\u202e睡沙发": SuggestionRefused,
    "饼干睡沙发 https://casino.example": SuggestionRefused,
    "饼干睡沙发 @mallory": SuggestionRefused,
    "饼干睡沙发 #猫税": SuggestionRefused,
}


def test_what_could_never_stand_is_refused_at_once(database_url, tmp_path):
    async def story(r: Readers) -> None:
        for text, refusal in REFUSED.items():
            with pytest.raises(refusal):
                await r.suggests(r.mei, text)
        assert await r.history() == []
        await r.suggests(r.mei, "饼干 <3 沙发，3 < 4")  # what only looks like markup is words
        calls = "Ask @aju at https://cats.example/a about #cattax, please!"
        note = await r.p.posts(r.juniper, calls)
        good = "关于 #cattax 请到 https://cats.example/a 问 @aju ！"
        for lost in ("@aju", "https://cats.example/a", "#cattax"):
            async with r.db.tx() as tx:
                with pytest.raises(SuggestionRefused, match="links"):
                    await translating.suggest(
                        tx, note, key_of(calls), target=ZH, text=good.replace(lost, "那里"), by=r.mei
                    )
        async with r.db.tx() as tx:
            assert await translating.suggest(
                tx, note, key_of(calls), target=ZH, text=good, by=r.mei
            )

    among(database_url, tmp_path, story)


def test_of_one_person_one_suggestion_waits_and_a_second_click_is_none(database_url, tmp_path):
    async def story(r: Readers) -> None:
        first = await r.suggests(r.mei)
        assert await r.suggests(r.mei) == first
        second = await r.suggests(r.mei, BEST)
        assert await r.history() == [(BEST, State.OPEN), (BETTER, State.WITHDRAWN)]
        async with r.db.tx() as tx:
            with pytest.raises(NotFound):
                await suggesting.withdraw(tx, second, by=r.tang)
            await suggesting.withdraw(tx, second, by=r.mei)
            await suggesting.withdraw(tx, second, by=r.mei)
        assert await r.history() == [(BEST, State.WITHDRAWN), (BETTER, State.WITHDRAWN)]
        own = await r.suggests(r.juniper)
        assert await r.suggests(r.juniper) == own

    among(database_url, tmp_path, story)


def test_who_may_not_see_a_note_may_do_nothing_with_its_texts(database_url, tmp_path):
    async def story(r: Readers) -> None:
        waits = await r.suggests(r.mei)
        async with r.db.tx() as tx:
            await people.block(tx, by=r.juniper, person=r.tang)
        other = await r.p.posts(r.juniper, "Another note")
        blocked = [
            r.suggests(r.tang, BEST), r.accepts(r.tang, waits), r.undoes(r.tang, waits),
            r.accepts(r.juniper, waits, note=other),  # another note's text
        ]
        for deed in blocked:
            with pytest.raises(NotFound):
                await deed
        own = await r.p.posts(r.tang, "A note of one's own")
        async with r.db.tx() as tx:
            for key in (key_of("A note of one's own"), KEY):  # another text's suggestion
                with pytest.raises(NotFound):
                    await translating.accept(tx, own, key, waits, target=ZH, by=r.tang)
            for verb in (translating.doubt(tx, r.note, KEY, target=ZH, by=r.tang),
                         translating.claim_language(tx, r.note, KEY, lang="fr", by=r.tang),
                         translating.settle(tx, KEY, target=ZH, by=r.tang)):
                with pytest.raises(NotFound):
                    await verb
        async with r.db.reads() as reads:
            assert await translating.holding(reads, [KEY], viewer=r.tang) == {}
            comment = "Under a note that is hidden from some"
        await r.p.says(r.mei, r.note, comment)
        async with r.db.reads() as reads:
            assert await translating.holding(reads, [key_of(comment)], viewer=r.tang) == {}

    among(database_url, tmp_path, story)


def test_that_a_translation_is_wrong_counts_once_a_person_until_another_stands(
    database_url, tmp_path
):
    async def story(r: Readers) -> None:
        async def doubts(by) -> None:
            async with r.db.tx() as tx:
                await translating.doubt(tx, r.note, KEY, target=ZH, by=by)

        async def queue() -> list[tuple[str, int]]:
            async with r.db.reads() as reads:
                return [(row.engine, row.count) for row in await suggesting.doubted(reads)]

        await asyncio.gather(*(doubts(r.mei) for _ in range(3)))
        await doubts(r.tang)
        assert await queue() == [("opus", 2)]
        assert await r.figure(Figure.DOUBTS) == {"opus": 2}
        async with r.db.tx() as tx:
            with pytest.raises(HostsOnly):
                await translating.settle(tx, KEY, target=ZH, by=r.mei)
            await translating.settle(tx, KEY, target=ZH, by=r.hosts[0])
        await doubts(r.mei)
        assert await queue() == []
        await r.suggests(r.juniper)
        await doubts(r.mei)
        assert await queue() == [("", 1)]
        assert await r.figure(Figure.DOUBTS) == {"opus": 2, "": 1}
        await r.suggests(r.juniper, BEST)
        assert await queue() == []  # what was doubted is gone

    among(database_url, tmp_path, story)


def test_a_translation_outlives_its_writer_who_is_not_named_any_more(database_url, tmp_path):
    async def story(r: Readers) -> None:
        await r.accepts(r.juniper, await r.suggests(r.mei))
        async with r.db.tx() as tx:
            await leaving.leave(tx, r.mei, seal=Seal(tmp_path))
        assert await r.stands() == (BETTER, None)
        assert await r.history() == []

    among(database_url, tmp_path, story)
