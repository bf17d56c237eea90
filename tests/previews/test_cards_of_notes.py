"""From a note's link to its card and away again, on both databases, over a real page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from catflap import app
from catflap.ground import clock
from catflap.ground.statements import Statement
from catflap.notes import actions, leaving, linking, queries
from catflap.notes.model import NoteId, Visibility, Written
from catflap.notes.tables import note_links
from catflap.previews import queries as previews
from catflap.previews.model import FRESH_FOR, State
from catflap.previews.tables import previews as table
from catflap.translation.tables import texts
from tests.conftest import house_at, photo_bytes, run
from tests.notes.test_storage import Place
from tests.previews.pages import elsewhere

HERE = "https://here.example"
_PREVIEWS = Statement(sa.select(sa.func.count()).select_from(table), int)
_LINKS = Statement(sa.select(sa.func.count()).select_from(note_links), int)
_TEXTS = Statement(sa.select(texts.c.text, texts.c.public))
for _one in (_PREVIEWS, _LINKS, _TEXTS):
    Statement.every.remove(_one)


class Linked(Place):
    """A house that may ask the page of this test."""

    async def card(self, note: NoteId):
        async with self.db.reads() as reads:
            return (await linking.of_notes(reads, [note])).get(note)

    async def note(self, id_: NoteId):
        async with self.db.reads() as reads:
            return (await queries.by_ids(reads, [id_]))[id_]

    async def counts(self) -> tuple[int, int]:
        async with self.db.reads() as reads:
            return await reads.one(_PREVIEWS), await reads.one(_LINKS)

    async def texts(self) -> dict[str, bool]:
        async with self.db.reads() as reads:
            return {text: bool(public) for text, public in await reads.all(_TEXTS)}

    async def files(self) -> list[str]:
        return [str(path) for path in self.house.store.folder.rglob("*") if path.is_file()]

    async def edits(self, note: NoteId, body: str, **written) -> None:
        async with self.db.tx() as tx:
            by = (await queries.by_ids(tx, [note]))[note].author_id
            await actions.edit(tx, note, by=by, written=Written(body=body, **written), prior=("en",))


def with_pages(database_url, tmp_path, story, **settings) -> None:
    async def play(place) -> None:
        chosen = {"link_previews": True, "previews_privately": True, "public_url": HERE, **settings}
        p = Linked(house_at(database_url, tmp_path, **chosen))
        try:
            await p.settle()
            await p.works()
            await story(p, place)
        finally:
            await p.house.close()

    with elsewhere() as place:
        run(play(place))


def test_a_note_shows_the_page_it_links_to_first_and_the_page_is_read_once(database_url, tmp_path):
    async def story(p, place) -> None:
        place.says("/cat.jpg", photo_bytes(), kind="image/jpeg")
        url = place.page("/a", title="A cat", description="It sleeps", site_name="Cats", image="/cat.jpg")
        first = await p.posts(p.juniper, f"@阿橘 #cats {HERE}/rules and ({url}#top). And {place.url}/b")
        before = (await p.note(first)).revision
        await p.works()
        second = await p.posts(p.aju, url)
        answer = await p.says(p.aju, first, f"look: {url}")
        await p.works()
        found = await p.card(first)
        assert (found.url, found.state, found.site) == (url, State.READY, "Cats")
        found = await p.card(second)
        assert found == await p.card(answer)
        assert found.uses == 3
        assert found.image.width == 256
        assert len(await p.files()) == 2 * len(found.image.sizes)
        assert place.asked == ["/a", "/cat.jpg"]
        assert (await p.note(first)).revision > before
        assert (await p.texts())["A cat"] is True
    with_pages(database_url, tmp_path, story)


def test_a_link_that_is_edited_away_takes_its_card_and_the_last_one_the_page(database_url, tmp_path):
    async def story(p, place) -> None:
        place.says("/cat.jpg", photo_bytes(), kind="image/jpeg")
        url, other = place.page("/a", title="A cat", image="/cat.jpg"), place.page("/b", title="Another")
        first, second = await p.posts(p.juniper, url), await p.posts(p.aju, f"{url} too")
        await p.works()
        await p.edits(first, "no link any more")
        assert await p.card(first) is None
        assert (await p.card(second)).uses == 1
        await p.edits(second, f"rather {other}")
        assert await p.card(second) is None
        await p.works()
        assert (await p.card(second)).url == other
        assert await p.counts() == (1, 1)
        assert await p.files() == []
        assert "A cat" not in await p.texts()

    with_pages(database_url, tmp_path, story)


def test_deleting_and_leaving_leave_nothing_of_a_page(database_url, tmp_path):
    async def story(p, place) -> None:
        place.says("/cat.jpg", photo_bytes(), kind="image/jpeg")
        url = place.page("/a", title="A cat", image="/cat.jpg")
        note = await p.posts(p.aju, url)
        mine = await p.posts(p.juniper, url)
        await p.says(p.juniper, note, url)
        await p.works()
        assert (await p.card(note)).uses == 3
        async with p.db.tx() as tx:
            await actions.withdraw(tx, note, by=p.aju)
        assert (await p.card(mine)).uses == 1
        async with p.db.tx() as tx:
            await leaving.leave(tx, p.juniper, seal=p.house.seal)
        await p.works()
        assert await p.counts() == (0, 0)
        assert await p.files() == []
        assert "A cat" not in await p.texts()

    with_pages(database_url, tmp_path, story)


def test_nobody_outside_hears_of_what_is_for_few(database_url, tmp_path):
    async def story(p, place) -> None:
        url = place.page("/a", title="A secret plan")
        few = await p.posts(p.juniper, f"@阿橘 {url}", visibility=Visibility.MENTIONED)
        await p.posts(p.juniper, url, visibility=Visibility.ONLY_ME)
        await p.works()
        assert (place.asked, await p.card(few)) == ([], None)
        followers = await p.posts(p.juniper, url, visibility=Visibility.FOLLOWERS)
        await p.works()
        assert (await p.card(followers)).is_open is False
        assert (await p.texts())["A secret plan"] is False
        await p.posts(p.aju, url)
        await p.works()
        assert (await p.card(followers)).is_open is True
        assert (await p.texts())["A secret plan"] is True
        await p.edits(followers, url, visibility=Visibility.ONLY_ME)
        await p.works()
        assert await p.card(followers) is None
        assert place.asked == ["/a"]

    with_pages(database_url, tmp_path, story)


def test_who_does_not_answer_is_asked_three_times_and_then_again_after_a_fortnight(database_url, tmp_path):
    async def story(p, place) -> None:
        url = place.says("/a", "", status=503)
        note = await p.posts(p.juniper, url)
        for hours in (0, 1, 3, 6):
            with clock.moved_by(timedelta(hours=hours)):
                await p.works()
        assert (place.asked, await p.card(note)) == (["/a"] * 3, None)
        with clock.moved_by(timedelta(days=1)):
            await p.posts(p.aju, url)
            await p.works()
        assert len(place.asked) == 3
        place.page("/a", title="Well again")
        with clock.moved_by(FRESH_FOR + timedelta(days=1)):
            await p.posts(p.aju, url)
            await p.works()
            assert (await p.card(note)).state is State.READY
            await p.posts(p.aju, url)
            await p.works()
        assert len(place.asked) == 4

    with_pages(database_url, tmp_path, story)


def test_a_page_that_is_gone_keeps_its_card_and_one_that_changed_changes_it(database_url, tmp_path):
    async def story(p, place) -> None:
        url = place.page("/a", title="Old")
        note = await p.posts(p.juniper, url)
        await p.works()
        first = await p.card(note)
        place.page("/a", title="New")
        with clock.moved_by(FRESH_FOR + timedelta(days=1)):
            await p.posts(p.aju, url)
            await p.works()
            second = await p.card(note)
            assert second.title_key != first.title_key
            assert "Old" not in await p.texts()
        place.says("/a", "", status=404)
        with clock.moved_by(2 * FRESH_FOR + timedelta(days=2)):
            await p.posts(p.aju, url)
            await p.works()
            assert (await p.card(note)).title_key == second.title_key

    with_pages(database_url, tmp_path, story)


def test_a_picture_that_the_workshop_refuses_is_left_out(database_url, tmp_path):
    async def story(p, place) -> None:
        place.says("/bad.jpg", b"<svg onload=alert(1)>", kind="image/jpeg")
        place.says("/page.jpg", "<html>", kind="text/html")
        for path, image in (("/a", "/bad.jpg"), ("/b", "/page.jpg"), ("/c", "http://169.254.1.1:1/x"), ("/d", "http://[")):
            note = await p.posts(p.juniper, place.page(path, title=path, image=image))
            await p.works()
            assert (await p.card(note)).image is None
        assert await p.files() == []

    with_pages(database_url, tmp_path, story)


@pytest.mark.parametrize("page", ["/none", "/json"])
def test_a_page_that_says_nothing_is_no_card(database_url, tmp_path, page):
    async def story(p, place) -> None:
        place.says("/json", "{}", kind="application/json")
        place.says("/none", "<p>no title</p>")
        note = await p.posts(p.juniper, place.url + page)
        await p.works()
        assert await p.card(note) is None
        async with p.db.reads() as reads:
            assert (await previews.at(reads, place.url + page)).state is State.NONE

    with_pages(database_url, tmp_path, story)


def test_switched_off_no_page_is_asked(database_url, tmp_path):
    async def story(p, place) -> None:
        note = await p.posts(p.juniper, place.page("/a", title="A cat"))
        await p.works()
        assert (place.asked, await p.card(note), await p.counts()) == ([], None, (0, 0))

    with_pages(database_url, tmp_path, story, link_previews=False)


def test_a_page_that_nobody_links_to_any_more_is_not_kept_when_it_comes(database_url, tmp_path):
    async def story(p, place) -> None:
        place.says("/cat.jpg", photo_bytes(), kind="image/jpeg")
        url = place.page("/a", title="A cat", image="/cat.jpg")
        note = await p.posts(p.juniper, url)
        async with p.db.tx() as tx:
            await linking.follow(tx, note, here=HERE, is_on=True)
            await actions.withdraw(tx, note, by=p.juniper)
        await app.runner(p.house, name="late").drain()
        assert (await p.counts(), await p.files(), place.asked) == ((0, 0), [], [])

    with_pages(database_url, tmp_path, story)
