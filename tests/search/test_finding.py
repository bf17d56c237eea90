"""Finding, on both databases, through the features' own verbs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from pysqlite3 import dbapi2

from catflap import app
from catflap.access import actions as access
from catflap.ground import clock, jobs
from catflap.ground.opening import database_at
from catflap.ground.paging import CursorInvalid, cursor
from catflap.ground.statements import Statement
from catflap.notes import actions, joining
from catflap.notes import queries as notes
from catflap.notes.model import NoteId, Visibility, Written
from catflap.people import actions as people
from catflap.search import jobs as indexing
from catflap.search import queries as search
from catflap.search.jobs import After, Touched
from catflap.search.tables import documents
from catflap.translation import actions as translation
from catflap.translation import glossing
from catflap.translation.codes import CHINESE, ENGLISH, Lang
from catflap.translation.glossary import Glossary, entries
from catflap.translation.model import Origin
from tests.conftest import house_at, in_postgres, run
from tests.notes.test_storage import Place, at

_DOCUMENTS = Statement(
    sa.select(documents.c.note_id, documents.c.lang).where(documents.c.note_id > 0)
)
_FORGET = Statement(documents.delete().where(documents.c.note_id > 0))


async def found(p: Place, query: str, *, viewer=None, after=None, glossary=None):
    async with p.db.reads() as reads:
        asked = await search.understood(reads, query, glossary=glossary)
        return await search.notes(reads, asked, viewer=viewer, after=after)


async def ids(p: Place, query: str, **options) -> list[int]:
    return list((await found(p, query, **options)).items)


async def suggested(p: Place, query: str, *, viewer=None, target=ENGLISH):
    async with p.db.reads() as reads:
        every = await search.suggestions(reads, query, viewer=viewer, target=target)
    return [(one.kind, one.text, one.count) for one in every]


async def reads_as(p: Place, note: NoteId, lang: Lang, text: str, *, field="body_key") -> None:
    async with p.db.tx() as tx:
        found = (await notes.by_ids(tx, [note]))[note]
        await translation.render(
            tx, getattr(found, field), target=lang, text=text, origin=Origin.PERSON,
            engine="people", by=None,
        )


async def posted(p: Place, by, body: str, *, days_ago: float = 0.0, **written) -> NoteId:
    async with p.db.tx() as tx:
        return await actions.post(
            tx, by=by, written=Written(body=body, **written), prior=("en", "zh"),
            at=clock.now() - timedelta(days=days_ago) if days_ago else None,
        )


def test_a_query_in_one_language_finds_what_was_written_in_another(database_url, tmp_path):
    async def story(p: Place) -> None:
        chinese = await posted(p, p.aju, "今天在家做了蒸蛋，很嫩", title="早饭")
        english = await posted(p, p.juniper, "My cat sat on the warm keyboard", place="Lisbon")
        await p.works()
        assert await ids(p, "steamed egg ") == []
        await reads_as(p, chinese, ENGLISH, "I made steamed eggs at home today, so tender")
        await reads_as(p, english, CHINESE, "我的貓坐在暖和的鍵盤上")
        await p.works()
        assert await ids(p, "tender steamed") == [chinese]
        assert await ids(p, "蒸蛋") == [chinese]
        assert await ids(p, "键盘") == [english]
        assert await ids(p, "鍵盤 lisbon") == [english]
        assert await ids(p, "早饭 tender") == [chinese]
        async with p.db.reads() as reads:
            assert sorted(await reads.all(_DOCUMENTS)) == sorted(
                [(chinese, "en"), (chinese, "zh"), (english, "en"), (english, "zh")]
            )
        await reads_as(p, chinese, ENGLISH, "Egg custard for one")
        await p.works()
        assert await ids(p, "tender") == []
        assert await ids(p, "custard") == [chinese]

    at(database_url, tmp_path, story)


def test_words_and_parts_of_words_are_found_and_nothing_across_their_order(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await posted(p, p.aju, "昨天去了機器學習的咖啡館，貓稅交了。ไก่ทอด 한국어를", title="后台")
        await p.works()
        for query in ("机器学习", "機器", "学习", "咖啡馆", "猫税", "猫", "馆", "税", "後臺", "咖啡 学习",
                      "昨天去咖啡馆", "ไก่", "한국", "“机器学习的咖啡馆”"):
            assert await ids(p, query) == [note], query
        for query in ("税猫", "学机", "“咖啡学习”", "한국 ", "前台", "猫税咖啡馆 nothing"):
            assert await ids(p, query) == [], query

    at(database_url, tmp_path, story)


def test_english_words_are_found_in_every_form_and_as_written_first(database_url, tmp_path):
    async def story(p: Place) -> None:
        exact = await posted(p, p.aju, "fishing by the river", days_ago=30)
        forms = [
            await posted(p, p.aju, text, days_ago=days)
            for days, text in ((3, "a fish by the river"), (2, "she fished by the river"))
        ]
        other = await posted(p, p.aju, "starfish and fisherman by the river")
        for count in range(8):
            await posted(p, p.aju, f"walking by the river {count}")
        await p.works()
        for query in ("fishing", "fishing "):
            best, *rest = await ids(p, query)
            assert best == exact
            assert set(rest) == set(forms)
        assert set(await ids(p, "fished ")) == {exact, *forms}
        assert await ids(p, '"fishing"') == [exact]
        assert other in await ids(p, "fish") + await ids(p, "river")

    at(database_url, tmp_path, story)


def test_what_was_indexed_before_there_were_stems_is_indexed_again(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await posted(p, p.aju, "she fished there")
        await p.works()
        async with p.db.tx() as tx:
            await tx.run(_FORGET)
        assert await ids(p, "fishing ") == []
        for _ in range(2):
            await indexing.stem(p.house, After(after=0))
        assert await ids(p, "fishing ") == [note]

    at(database_url, tmp_path, story)


def test_title_goes_before_tag_before_body_and_new_before_old(database_url, tmp_path):
    async def story(p: Place) -> None:
        filler = "one two three four five six"
        body = await posted(p, p.aju, f"kettle {filler}", title="Something about tea")
        tagged = await posted(p, p.aju, filler, title="Something about tea", tags=("kettle",))
        titled = await posted(p, p.aju, filler, title="Something about kettle")
        for count in range(8):
            await posted(p, p.aju, f"{filler} {count}", title="Something else entirely")
        await p.works()
        assert await ids(p, "kettle ") == [titled, tagged, body]
        # The old one is a little shorter, so that without recency it would go first.
        old = await posted(p, p.juniper, "lantern one two three four", days_ago=200)
        new = await posted(p, p.juniper, f"lantern {filler} seven eight", days_ago=1)
        best = await posted(p, p.juniper, filler, title="lantern lantern", days_ago=300)
        await p.works()
        assert await ids(p, "lantern ") == [best, new, old]

    at(database_url, tmp_path, story)


def test_a_word_counts_for_more_than_the_same_characters_across_two(database_url, tmp_path):
    async def story(p: Place) -> None:
        word = await posted(p, p.aju, "为人民服务", days_ago=3)
        across = await posted(p, p.aju, "工人民主", days_ago=3)
        for count in range(6):
            await posted(p, p.aju, f"别的事情 {count}")
        await p.works()
        assert await ids(p, "人民 ") == [word, across]

    at(database_url, tmp_path, story)


def test_pages_go_on_without_repeating_or_skipping_while_others_post(database_url, tmp_path):
    async def story(p: Place) -> None:
        made = [await posted(p, p.aju, "biscuit", days_ago=60 + n) for n in range(45)]
        await p.works()
        seen: list[int] = []
        after = None
        for _ in range(4):
            page = await found(p, "biscuit", after=after)
            seen += page.items
            after = page.next_cursor
            if after is None:
                break
            await posted(p, p.juniper, "biscuit biscuit biscuit")
            await p.works()
        assert after is None
        assert seen == made
        first = await found(p, "biscuit")
        second = await found(p, "biscuit", after=first.next_cursor)
        assert not set(first.items) & set(second.items)
        assert first.items[-1] in made
        async with p.db.tx() as tx:
            await actions.withdraw(tx, first.items[-1], by=p.aju)
        again = await found(p, "biscuit", after=first.next_cursor)
        assert again.items[:19] == second.items[:19]
        assert (await found(p, "from:aju", after=None)).items == []
        own = await found(p, "from:阿橘")
        assert (await found(p, "from:阿橘", after=own.next_cursor)).items[0] < own.items[-1]
        for broken in ("x", cursor(1), cursor(1, 2, 3, 4)):
            with pytest.raises(CursorInvalid):
                await found(p, "biscuit", after=broken)
        for odd in (cursor(9e18, 0.5, 1), cursor(-5, 9e18, 1e18), cursor(0, 1, -7)):
            await found(p, "biscuit", after=odd)
            await found(p, "from:阿橘", after=odd)

    at(database_url, tmp_path, story)


def test_only_what_the_viewer_may_see_is_found_counted_and_suggested(database_url, tmp_path):
    async def story(p: Place) -> None:
        written = {"title": "Moonlight over Porto", "tags": ("moonlit",)}
        public = await posted(p, p.juniper, "porto", **written)
        narrow = await posted(p, p.juniper, "porto", visibility=Visibility.FOLLOWERS, **written)
        own = await posted(p, p.juniper, "porto", visibility=Visibility.ONLY_ME, title="Moonstruck")
        await p.works()

        async def seen(viewer) -> set[int]:
            return set(await ids(p, "porto", viewer=viewer))

        assert await seen(None) == await seen(p.aju) == {public}
        assert await seen(p.juniper) == {public, narrow, own}
        assert await suggested(p, "moon", viewer=p.aju) == [
            ("tag", "moonlit", 1), ("word", "moonlight", 0),
        ]
        assert ("word", "moonstruck", 0) in await suggested(p, "moon", viewer=p.juniper)
        async with p.db.tx() as tx:
            await people.follow(tx, by=p.aju, person=p.juniper)
        assert await seen(p.aju) == {public, narrow}
        async with p.db.tx() as tx:
            await actions.edit(
                tx, public, by=p.juniper, written=Written(body="porto", visibility=Visibility.ONLY_ME)
            )
        async with p.db.reads() as reads:
            shown = await notes.shown(reads, await ids(p, "porto", viewer=None), viewer=None)
        assert shown == []
        await p.works()
        assert await seen(None) == set()
        other = await posted(p, p.juniper, "porto", title="Moonlight", tags=("moonlit",))
        await p.works()
        for hide in (people.mute, people.block):
            assert await seen(p.aju) >= {other}
            async with p.db.tx() as tx:
                await hide(tx, by=p.aju, person=p.juniper)
            assert await seen(p.aju) == set()
            assert await suggested(p, "moon", viewer=p.aju) == []
            assert await suggested(p, "juniper", viewer=p.aju) == []
            assert await ids(p, "from:juniper porto", viewer=p.aju) == []
            assert await ids(p, "from:juniper", viewer=p.aju) == []
            async with p.db.tx() as tx:
                await people.unmute(tx, by=p.aju, person=p.juniper)
        assert await seen(p.juniper) >= {other}

    at(database_url, tmp_path, story)


def test_tags_authors_and_quotes_narrow_a_search(database_url, tmp_path):
    async def story(p: Place) -> None:
        one = await posted(p, p.aju, "an orange cat sleeps", tags=("猫税",))
        two = await posted(p, p.juniper, "a cat, all orange #猫税日")
        three = await posted(p, p.juniper, "猫税 only in words")
        await p.works()
        assert await ids(p, '"orange cat"') == [one]
        assert await ids(p, "#猫税") == [one]
        assert await ids(p, "#貓稅") == [one]
        assert set(await ids(p, "猫税 ")) == {one, two, three}
        assert await ids(p, "from:@juniper cat") == [two]
        assert await ids(p, "from:juniper") == [three, two]
        assert await ids(p, "from:nobody cat") == []
        assert await ids(p, "#猫税 from:juniper") == []

    at(database_url, tmp_path, story)


def test_a_tag_finds_what_stands_under_its_familys_others(database_url, tmp_path):
    async def story(p: Place) -> None:
        chinese = await posted(p, p.aju, "今天", tags=("猫税",))
        english = await posted(p, p.juniper, "today", tags=("cattax",))
        await posted(p, p.juniper, "tomorrow", tags=("dogtax",))
        await p.works()
        assert await ids(p, "#cattax") == [english]
        async with p.db.tx() as tx:
            await joining.plant(tx)
        for query in ("#cattax", "#猫税", "cattax", "Cat Tax", "猫税", "貓稅"):
            assert set(await ids(p, query)) == {chinese, english}, query
        assert await ids(p, "#cattax today") == [english]

    at(database_url, tmp_path, story)


def test_a_term_of_the_glossary_finds_its_rendering_and_the_reverse(database_url, tmp_path):
    async def story(p: Place) -> None:
        english = await posted(p, p.juniper, "Monday again, says the wage slave")
        chinese = await posted(p, p.aju, "打工牛马的一天")
        async with p.db.tx() as tx:
            await glossing.plant(tx)
        await p.works()
        async with p.db.reads() as reads:
            glossary = Glossary(await entries(reads))
        for query in ("牛马", "牛馬", "wage slave", "Wage Slave "):
            assert set(await ids(p, query, glossary=glossary)) == {english, chinese}, query
        assert await ids(p, "牛马") == [chinese]
        assert await ids(p, "slave wage", glossary=glossary) == [english]

    at(database_url, tmp_path, story)


def test_people_are_found_by_the_beginnings_of_what_they_are_called(database_url, tmp_path):
    async def story(p: Place) -> None:
        await p.works()
        async with p.db.tx() as tx:
            await people.describe(tx, p.juniper, name="Juniper van der Lée", bio="", bio_key="", bio_lang="", home="")
        await p.works()

        async def called(text: str) -> list[int]:
            async with p.db.reads() as reads:
                return [one.id for one in await search.people(reads, text, viewer=None)]

        for text in ("juni", "JUNIPER", "lee", "van der", "der lée"):
            assert await called(text) == [p.juniper], text
        for text in ("阿", "橘", "阿橘"):
            assert await called(text) == [p.aju], text
        for text in ("uniper", "", "🐱", "\x00", "x" * 5000):
            assert await called(text) == [], text

    at(database_url, tmp_path, story)


def test_suggestions_begin_as_asked_in_both_scripts(database_url, tmp_path):
    async def story(p: Place) -> None:
        for count in range(3):
            await posted(p, p.juniper, "x", title=f"Steamed eggs {count}", tags=("steam",))
        await posted(p, p.aju, "x", title="蒸蛋和蒸鱼", tags=("猫税",))
        note = await posted(p, p.aju, "x", title="今天")
        await reads_as(p, note, ENGLISH, "Steadfast", field="title_key")
        await p.works()
        assert await suggested(p, "ste") == [
            ("tag", "steam", 3), ("word", "steamed", 0), ("word", "steadfast", 0),
        ]
        assert ("word", "蒸蛋", 0) in await suggested(p, "蒸")
        assert await suggested(p, "#猫") == [("tag", "猫税", 1)]
        assert [text for _, text, _ in await suggested(p, "@阿")] == ["阿橘"]
        assert ("word", "warm steamed", 0) in await suggested(p, "warm stea")
        for query in ("", " ", "🐱", "%", "_", "\x00", '"', "*"):
            assert await suggested(p, query) == []

    at(database_url, tmp_path, story)


def test_nothing_of_a_deleted_note_stays_in_the_index(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await posted(
            p, p.aju, "xylophonequartz 秘密花园", title="zephyrwhim", tags=("quibblejot",)
        )
        kept = await posted(p, p.aju, "something else")
        await reads_as(p, note, ENGLISH, "flummoxbriar garden")
        await p.works()
        assert await ids(p, "flummoxbriar") == [note]
        async with p.db.tx() as tx:
            await actions.withdraw(tx, note, by=p.aju)
        assert await ids(p, "xylophonequartz") == []
        assert await ids(p, "something") == [kept]
        left = await _bytes_of_index(database_url)
        assert b"something" in left
        for word in ("xylophone", "zephyr", "quibble", "flummox", "秘密", "花园"):
            assert word.encode() not in left, word

    at(database_url, tmp_path, story)


async def _bytes_of_index(database_url: str) -> bytes:
    if not database_url.startswith("sqlite"):
        rows = await in_postgres("SELECT words::text FROM search_words", url=database_url)
        return repr(rows).encode()
    connection = dbapi2.connect(database_url.removeprefix("sqlite:///"))
    made = b""
    for table in ("data", "idx", "content", "docsize"):
        for row in connection.execute(f"SELECT * FROM search_words_{table}"):
            for value in row:
                made += value if isinstance(value, bytes) else str(value).encode()
    connection.close()
    return made


def test_indexing_twice_changes_nothing(database_url, tmp_path):
    async def story(p: Place) -> None:
        note = await posted(p, p.aju, "biscuit 饼干", title="猫税")
        comment = await p.says(p.aju, note, "biscuitcomment")
        await p.works()
        before = await _bytes_of_index(database_url)
        for _ in range(2):
            await indexing.index(p.house, [Touched(note=id_) for id_ in (note, comment, 1, note)])
        assert await ids(p, "biscuit") == [note]
        if not database_url.startswith("sqlite"):  # FTS5 numbers its segments anew
            assert await _bytes_of_index(database_url) == before

    at(database_url, tmp_path, story)


def test_a_backfill_indexes_everything_in_batches_and_goes_on_where_it_was(
    database_url, tmp_path, monkeypatch
):
    monkeypatch.setattr(indexing, "BATCH", 3)

    async def story(p: Place) -> None:
        made = [await posted(p, p.aju, f"biscuit {count}") for count in range(8)]
        await p.works()
        async with p.db.tx() as tx:
            await tx.run(_FORGET)
        assert await ids(p, "biscuit") == []
        await indexing.backfill(p.house, After(after=made[4]))
        assert set(await ids(p, "biscuit")) == set(made[5:])
        async with p.db.tx() as tx:
            await jobs.enqueue(tx, indexing.BACKFILL, After(after=0))
        await p.works()
        assert set(await ids(p, "biscuit")) == set(made)

    at(database_url, tmp_path, story)


def test_what_was_there_before_is_indexed_by_the_migrations_own_jobs(database_url, tmp_path):
    async def story() -> None:
        house = house_at(database_url, tmp_path)
        before = database_at(database_url)  # nobody subscribes to what happens here
        p = Place(house)
        async with before.tx() as tx:
            p.aju = await access.sign_up(
                tx, handle="阿橘", password_hash="x", email=None, locale="en", reads=("zh",)
            )
            note = await actions.post(tx, by=p.aju, written=Written(body="biscuit"), prior=("en",))
        await before.close()
        assert await ids(p, "biscuit") == []
        await p.works()
        assert await ids(p, "biscuit") == [note]
        async with p.db.reads() as reads:
            assert [one.id for one in await search.people(reads, "阿", viewer=None)] == [p.aju]
        await house.close()

    run(story())


HOSTILE = st.lists(
    st.sampled_from(['"', "NEAR(a b)", "AND", "OR", "NOT", "*", ":", "^", "\x00", "'", "\\", "title:",
                     "{a}:", ")", "(", "&", "|", "!", "<->", "猫税", "cat", "#猫税", "#", "@", "from:",
                     "“", "🐱", "\ud800", " ", "ไก่", "\u0301", "%", "_", "é", "ʷ"]),
    max_size=25,
).map("".join) | st.text(st.characters(), max_size=250)


def test_whatever_is_typed_is_answered(database_url, tmp_path):
    with asyncio.Runner() as runner:
        async def begin() -> Place:
            place = Place(house_at(database_url, tmp_path))
            await place.settle()
            await posted(place, place.aju, "cat 猫税 NEAR OR a b", title="cat")
            await place.works()
            return place

        place = runner.run(begin())

        @settings(max_examples=120, deadline=None)
        @given(HOSTILE)
        def ask(query: str) -> None:
            runner.run(ids(place, query, viewer=place.juniper))
            runner.run(suggested(place, query))

        ask()
        for query in ("x" * 5000, "猫" * 5000, "🐱" * 5000, '"' * 5000, "#a " * 2000, "a " * 2000,
                      "ไ" * 5000, "\u0301" * 5000, "ﷺ" * 5000):
            runner.run(ids(place, query))
            runner.run(suggested(place, query))
        assert runner.run(ids(place, 'NEAR("a" b) OR')) != []
        runner.run(place.house.close())


def test_the_old_index_goes_and_the_new_one_is_wanted(tmp_path):
    from alembic import command
    from alembic.config import Config

    from catflap.migrations import running

    path = tmp_path / "old.db"
    engine = sa.create_engine("sqlite://", creator=lambda: dbapi2.connect(str(path)))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(running._FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    engine.dispose()
    assert run(running.is_behind(f"sqlite:///{path}"))
    run(running.upgrade_if_behind(f"sqlite:///{path}"))
    connection = dbapi2.connect(str(path))
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "search_terms" not in tables
    assert {"search_words", "search_documents", "search_names"} <= tables
    wanted = {kind for (kind,) in connection.execute("SELECT kind FROM jobs")}
    assert wanted == {job.kind for job in app.known_jobs() if "backfill" in job.kind}
    connection.close()
