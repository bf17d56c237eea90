"""Polls and quotes of comments, which apps write: what each reader's page shows, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.browser.scripted_engine import ScriptedEngine
from tests.conftest import Server
from tests.mastodon.app import App, joined, token_of
from tests.mastodon.cast import until
from tests.web.hearing import heard

KNOWN = {"red": "红色", "blue": "蓝色", "Which colour?": "哪种颜色？", "hello": "你好", "My cat sleeps": "我的猫在睡觉"}


class Reader(App):
    """Somebody with a browser and an app."""

    def __init__(self, server: Server, handle: str, *, reads: str = "en") -> None:
        self.web = joined(server, handle, reads=reads)
        super().__init__(server, token=token_of(server, self.web))
        self.handle = handle

    def writes(self, text: str, **more) -> dict:
        return self.json("POST", "/api/v1/statuses", json={"status": text, **more})

    def comment(self, id_: str, *, under: str) -> str:
        """One comment's HTML, as it stands on the note's page."""
        page = self.web.get(f"/n/{under}", follow_redirects=True)
        assert page.status_code == 200
        return re.search(rf'<article class="comment[^>]* id="c{id_}".*?</article>', page.text, re.S)[0]


@pytest.fixture(scope="module")
def engine() -> Iterator[ScriptedEngine]:
    made = ScriptedEngine(KNOWN)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def place(engine, tmp_path_factory) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp("asides"), engines="openai", openai_url=engine.url,
        openai_model="scripted", attempts_per_hour="10000", posts_per_hour="100000",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def joins(place):
    """Makes a reader, whose browser and app are closed in the end."""
    made: list[Reader] = []

    def join(handle: str, *, reads: str = "en") -> Reader:
        made.append(Reader(place, handle, reads=reads))
        return made[-1]

    yield join
    for one in made:
        one.web.close()
        one.close()


@pytest.fixture(scope="module")
def moss(joins):
    return joins("moss")


@pytest.fixture(scope="module")
def fern(joins):
    return joins("fern")


@pytest.fixture(scope="module")
def mei(joins):
    return joins("mei", reads="zh")


def asks(by: Reader, under: dict, **more) -> dict:
    return by.writes(
        "Which colour?", in_reply_to_id=under["id"],
        poll={"options": ["red", "blue"], "expires_in": 600, **more},
    )


def shares(html: str) -> list[str]:
    return re.findall(r'class="share">(\d+)%', html)


def test_a_comments_poll_is_voted_in_once_and_each_reader_sees_their_part(place, moss, fern):
    note = moss.writes("hello")
    asked = asks(moss, note)
    other = asks(fern, note)
    form = fern.comment(asked["id"], under=note["id"])
    assert form.count('type="radio"') == 2
    assert f'action="/n/{asked["id"]}/vote"' in form
    own = moss.comment(asked["id"], under=note["id"])
    assert "<form method=\"post\" action=\"/n/" + asked["id"] + "/vote" not in own
    assert shares(own) == ["0", "0"]
    answer = fern.web.post(f"/n/{asked['id']}/vote", data={"choice": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/n/{asked['id']}"
    landed = fern.web.get(answer.headers["location"], follow_redirects=True)
    assert landed.url.path == f"/@moss/{note['id']}"
    voted = fern.comment(asked["id"], under=note["id"])
    assert 'type="radio"' not in voted
    assert shares(voted) == ["0", "100"]
    assert re.search(r"blue.*your vote", voted, re.S)
    assert "your vote" not in moss.comment(asked["id"], under=note["id"])
    assert shares(moss.comment(asked["id"], under=note["id"])) == ["0", "100"]
    assert moss.json("GET", f"/api/v1/statuses/{asked['id']}")["poll"]["options"][1]["votes_count"] == 1
    assert fern.web.post(f"/n/{asked['id']}/vote", data={"choice": "0"}).status_code == 422
    page = fern.web.get(f"/n/{note['id']}", follow_redirects=True).text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert 'type="radio"' in moss.comment(other["id"], under=note["id"])
    nobody = httpx2.get(f"{place.url}/@moss/{note['id']}").text
    assert 'name="choice"' not in nobody


def test_a_poll_that_hides_its_results_hides_them_in_a_comment(moss, fern):
    note = moss.writes("hello")
    asked = asks(moss, note, hide_totals=True, multiple=True)
    assert fern.comment(asked["id"], under=note["id"]).count('type="checkbox"') == 2
    fern.web.post(f"/n/{asked['id']}/vote", data={"choice": ["0", "1"]})
    html = fern.comment(asked["id"], under=note["id"])
    assert "The results show when the poll ends." in html
    assert "<meter" not in html


def test_the_options_of_a_comments_poll_come_translated(moss, mei):
    note = moss.writes("hello")
    asked = asks(moss, note)
    html = until(lambda: (
        found if "红色" in (found := mei.comment(asked["id"], under=note["id"])) and "蓝色" in found else None
    ))
    assert re.search(r'<span lang="zh[^"]*">红色</span>\s*<small lang="en"[^>]*>red</small>', html)
    assert "红色" not in moss.comment(asked["id"], under=note["id"])
    assert "红色" in mei.web.get(f"/n/{asked['id']}/poll").text


def test_an_open_page_hears_of_a_vote_in_a_comment_and_asks_for_the_poll(place, moss, fern):
    note = moss.writes("hello")
    asked = asks(moss, note)
    with heard(place, moss.web, note=note["id"]) as told:
        answer = fern.web.post(
            f"/n/{asked['id']}/vote", data={"choice": "0"}, headers={"accept": "application/json"}
        )
        assert "your vote" in answer.json()["html"]
        assert told("poll") == {"note": asked["id"]}
    assert shares(moss.web.get(f"/n/{asked['id']}/poll").text) == ["100", "0"]
    assert moss.web.get(f"/n/{note['id']}/poll").status_code == 404


def test_a_poll_under_what_is_for_few_is_for_few(moss, fern):
    note = moss.writes("hello", visibility="private")
    asked = asks(moss, note)
    assert fern.web.get(f"/n/{asked['id']}/poll").status_code == 404
    assert fern.web.post(f"/n/{asked['id']}/vote", data={"choice": "0"}).status_code == 404


def test_a_comment_shows_what_it_quotes_as_notes_do(place, moss, fern, mei):
    cat = moss.writes("My cat sleeps")
    note = fern.writes("hello")
    made = fern.writes("hello", in_reply_to_id=note["id"], quoted_status_id=cat["id"])
    html = fern.comment(made["id"], under=note["id"])
    assert re.search(rf'<blockquote class="quoted"><a href="/@moss/{cat["id"]}">.*My cat sleeps', html, re.S)
    assert "unquote" not in html
    until(lambda: "我的猫在睡觉" in mei.comment(made["id"], under=note["id"]))
    assert "Take my note out of this one" in moss.comment(made["id"], under=note["id"])
    with heard(place, mei.web, note=note["id"]) as told:
        assert moss.web.post(f"/n/{made['id']}/unquote").status_code == 303
        assert told("beside") == {"note": made["id"], "root": note["id"]}
    gone = fern.comment(made["id"], under=note["id"])
    assert "What this note quoted was taken out by its author." in gone
    assert "My cat sleeps" not in gone


def test_what_a_comment_quotes_is_shown_to_those_alone_who_see_it(joins, moss):
    basil, thyme = joins("basil"), joins("thyme")
    cat = moss.writes("My cat sleeps")
    note = basil.writes("hello")
    made = basil.writes("hello", in_reply_to_id=note["id"], quoted_status_id=cat["id"])
    moss.json("POST", f"/api/v1/accounts/{account(thyme)}/block")
    assert "My cat sleeps" in basil.comment(made["id"], under=note["id"])
    hidden = thyme.comment(made["id"], under=note["id"])
    assert "This note quotes one that is not for you." in hidden
    assert cat["id"] not in hidden
    basil.json("POST", f"/api/v1/accounts/{account(moss)}/mute")
    assert "Quotes a note of somebody you muted" in basil.comment(made["id"], under=note["id"])


def account(person: Reader) -> str:
    return person.json("GET", "/api/v1/accounts/verify_credentials")["id"]
