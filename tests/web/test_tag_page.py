"""The page of a tag and of all that mean the same, over a real server, without scripts."""

from __future__ import annotations

import contextlib
import html
import re
import time
from urllib.parse import quote

import httpx2
import pytest
from pysqlite3 import dbapi2

from catflap.ground import ids
from catflap.translation.model import key_of
from tests.conftest import Server
from tests.past import TOLD

PASSWORD = "a decent password 9"
LONG_AGO_US = 1_600_000_000_000_000


class Person:
    """Somebody at their browser, with scripts turned off."""

    def __init__(self, server: Server, handle: str, accept_language: str) -> None:
        self.handle = handle
        self.link = httpx2.Client(
            base_url=server.url, follow_redirects=True, timeout=20,
            headers={"accept-language": accept_language},
        )
        if handle:
            joined = self.link.post("/join", data={"handle": handle, "password": PASSWORD})
            assert joined.status_code == 200

    def writes(self, title: str, tags: str) -> None:
        assert self.link.post("/new", data={"title": title, "tags": tags}).status_code == 200

    def sees(self, tag: str, **params: str) -> str:
        answer = self.link.get(f"/tags/{quote(tag)}", params=params)
        assert answer.status_code == 200
        return answer.text

    def sends(self, path: str, **fields: str) -> httpx2.Response:
        return self.link.post(path, data=fields)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A server whose worker has written the seed down."""
    made = Server(tmp_path_factory.mktemp("tags"), attempts_per_hour="10000").start()
    for _ in range(200):
        if "#猫税" in httpx2.get(f"{made.url}/tags/cattax").text:
            break
        time.sleep(0.05)
    else:
        raise AssertionError(made.log()[-2000:])
    yield made
    made.stop()


@pytest.fixture
def comes(planted):
    """Somebody new at their browser; nobody stays signed in after the test."""
    with contextlib.ExitStack() as stack:

        def come(handle: str = "", *, accept_language: str = "en") -> Person:
            person = Person(planted, handle, accept_language)
            stack.callback(person.link.close)
            return person

        yield come


@pytest.fixture
def hosts(planted, comes):
    """Two who came long ago."""
    names = [f"host_{ids.new(shard=0)}" for _ in range(2)]
    found = [comes(name) for name in names]
    link = dbapi2.connect(str(planted.folder / "data" / "catflap.db"), timeout=10)
    with link:
        link.executemany(
            "UPDATE people SET joined_at = ?, comments_count = 9 WHERE handle = ?",
            [(LONG_AGO_US, name) for name in names],
        )
        link.execute(TOLD)
    link.close()
    return found


def heading(page: str) -> str:
    """The page's heading with the chips."""
    return page.partition('<header class="head">')[2].partition("</header>")[0]


def titles(page: str) -> list[str]:
    return re.findall(r"note \d", re.sub(r'(alt|aria-label|title)="[^"]*"', "", page))


def proposal(page: str) -> str:
    [(path, _)] = set(re.findall(r'action="(/tags/[^"]+/proposals/\d+)/(accept|withdraw)"', page))
    return path


def test_a_tag_shows_the_whole_familys_notes_once_and_its_tags_as_links(comes):
    writer, anybody = comes("writer"), comes()
    writer.writes("note 1", "rent")
    writer.writes("note 2", "租房 rent")
    writer.writes("note 3", "房租")
    writer.writes("note 4", "sofa")
    for tag in ("rent", "租房", "RENT"):
        page = anybody.sees(tag)
        assert list(dict.fromkeys(titles(page))) == ["note 3", "note 2", "note 1"], tag
        assert page.count("<article") == 3
    chips = heading(anybody.sees("rent"))
    link = f'<a href="/tags/{quote("租房")}" lang="zh" translate="no">#租房</a>'
    assert f'{link} <small lang="zh">中文</small>' in chips
    assert 'href="/tags/rent"' not in chips
    alone = anybody.sees("sofa")
    assert "<nav" not in heading(alone)
    assert "Sign in to propose" in alone
    assert 'action="/tags/sofa/proposals"' not in alone


def test_a_note_says_what_its_tags_are_called_in_the_readers_language(comes):
    writer = comes("labeller")
    posted = writer.link.post("/new", data={"title": "note", "tags": "租房 sofa"}, follow_redirects=False)
    note = posted.headers["location"]
    english = comes().link.get(note).text
    assert '#租房 <small lang="en">#rent</small>' in english
    assert "#sofa</a>" in english
    writer.link.post("/settings/languages", data={"locale": "en", "reads": ["zh"], "translate": "on"})
    assert "#租房</a>" in writer.link.get(note).text


def test_a_proposal_goes_from_a_form_by_two_hosts_onto_the_page_with_their_names(comes, hosts):
    proposer, (first, second) = comes("proposer"), hosts
    page = proposer.sends("/tags/sofa/proposals", other="#沙发")
    assert page.status_code == 200
    assert str(page.url).endswith("/tags/sofa?same=1#same")
    assert '<details class="fold kin-of" id="same" open>' in page.text
    assert "1 proposal waits" in page.text
    assert "no host has agreed yet" in page.text
    path = proposal(page.text)
    assert "/accept" not in page.text
    assert path.replace("/sofa/", f"/{quote('沙发')}/") + "/accept" in first.sees("沙发")
    assert "#sofa and #沙发 mean the same" in first.link.get("/translations").text
    agreed = first.sends(f"{path}/accept").text
    assert "You agree; another host is needed." in agreed
    assert "1 of 2 hosts agree" in agreed
    assert "#沙发" not in heading(agreed)
    done = second.sends(f"{path}/accept").text
    assert "#沙发" in heading(done)
    history = done.partition("What was decided")[2]
    for person in (proposer, first, second):
        assert f'href="/@{person.handle}"' in history
    assert second.sends(f"{path}/accept").status_code == 200  # a double click


def test_a_reason_is_read_in_ones_own_language_with_the_original_beside(planted, comes, hosts):
    reason = "These two are not the same at all"
    path = proposal(comes("asks").sends("/tags/teapot/proposals", other="瓷壶").text)
    hosts[0].sends(f"{path}/decline", reason=reason)
    link = dbapi2.connect(str(planted.folder / "data" / "catflap.db"), timeout=10)
    with link:
        link.execute(
            "INSERT INTO renditions (text_key, target, text, engine, engine_version, origin, "
            "confidence_ratio, failed, made_at, via) VALUES (?, 'zh', ?, 'opus', '1', 'engine', "
            "0.8, 0, ?, '')", (key_of(reason), "这两个完全不是一回事", LONG_AGO_US),
        )
        link.execute(TOLD)
    link.close()
    for page in (comes(accept_language="zh").sees("teapot"),
                 comes(accept_language="zh").link.get(f"{path}/reason").text):
        assert '<div class="as-translation" lang="zh-Hans"><p>这两个完全不是一回事' in page
        assert f'<div class="as-original" lang="en"><p>{reason}' in page


def test_a_host_declines_with_a_reason_that_stands_in_the_history(comes, hosts):
    proposer, (host, other) = comes("doubter"), hosts
    path = proposal(proposer.sends("/tags/cattax/proposals", leaves="猫税").text)
    missing = host.sends(f"{path}/decline", reason=" ")
    assert missing.status_code == 422
    assert "The reason is empty" in missing.text
    long = '"because" ' * 60
    refused = host.sends(f"{path}/decline", reason=long)
    number = path.rpartition("/")[2]
    field = re.search(rf'<input id="why-{number}"[^>]*>', refused.text)[0]
    assert (refused.status_code, html.unescape(re.search(r'value="([^"]*)"', field)[1])) == (422, long)
    assert f'aria-describedby="refused-{number}"' in field
    assert re.findall(r'class="error" role="alert" id="([^"]*)"', refused.text) == [f"refused-{number}"]
    told = host.sends(f"{path}/decline", reason="They <b>do</b> mean the same").text
    assert "They &lt;b&gt;do&lt;/b&gt; mean the same" in told
    assert "declined by" in told
    assert "They &lt;b&gt;do&lt;/b&gt; mean the same" in host.link.get(f"{path}/reason").text
    assert host.link.get(f"{path}1/reason").status_code == 404
    assert other.sends(f"{path}/accept").status_code == 409
    assert "#猫税" in heading(proposer.sees("cattax"))


def test_what_is_wrong_is_said_beside_the_form_in_the_readers_language(comes):
    person = comes("hasty")
    person.writes("note 5", "tea")
    page = person.sends("/tags/tea/proposals", other="two <words>")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'value="two &lt;words&gt;"' in page.text
    assert "note 5" in page.text
    again = person.sends("/tags/tea/proposals", other="茶")
    assert (again.status_code, "stand together already" in again.text) == (422, True)
    reader = comes("慢慢", accept_language="zh-CN")
    page = reader.sends("/tags/tea/proposals", other="two words")
    assert 'lang="zh-Hans"' in page.text
    assert "“two words”不能当标签" in page.text


def test_newcomers_and_strangers_decide_nothing(comes):
    proposer, newcomer, anybody = comes("mei"), comes("poppy"), comes()
    path = proposal(proposer.sends("/tags/lamp/proposals", other="灯").text)
    for verb in ("accept", "decline"):
        assert newcomer.sends(f"{path}/{verb}", reason="no").status_code == 403
        assert proposer.sends(f"{path}/{verb}", reason="no").status_code == 403
        assert str(anybody.sends(f"{path}/{verb}").url).partition("?")[0].endswith("/enter")
    assert newcomer.sends(f"{path}/withdraw").status_code == 404
    assert proposer.sends(f"{path}/burn").status_code == 404
    unknown = f"/tags/lamp/proposals/{ids.new(shard=0)}/withdraw"
    assert proposer.sends(unknown).status_code == 404
    withdrawn = proposer.sends(f"{path}/withdraw").text
    assert "withdrawn" in withdrawn
    assert "proposal waits" not in withdrawn
    assert "#灯" not in heading(withdrawn)
