"""Bringing an archive over a real server, without scripts: upload, progress, report, choosing, deleting."""

from __future__ import annotations

import re
import time

import httpx2
import pytest

from catflap.words.sentences import size
from tests.arrivals import generators as made
from tests.conftest import Server, photo_bytes

PASSWORD = "a decent password 9"


class Person:
    """Somebody at their browser, with scripts turned off."""

    def __init__(self, server: Server, handle: str) -> None:
        self.server = server
        self.link = httpx2.Client(
            base_url=server.url, follow_redirects=True, timeout=20, headers={"accept-language": "en"}
        )
        assert self.link.post("/join", data={"handle": handle, "password": PASSWORD}).status_code == 200

    def brings(self, path, **more) -> httpx2.Response:
        return self.link.post("/arrive/bring", files={"archive": (path.name, path.read_bytes())}, **more)

    def reads(self, page: httpx2.Response) -> httpx2.Response:
        """The archive's page, once it was read: a browser without scripts reloads it until then."""
        assert page.status_code == 200
        for _ in range(200):
            if "data-import" not in page.text:
                return page
            assert '<noscript><meta http-equiv="refresh"' in page.text
            time.sleep(0.05)
            page = self.link.get(page.url.path)
        raise AssertionError(self.server.log()[-3000:])


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    server = Server(
        tmp_path_factory.mktemp("bring"), attempts_per_hour="10000", posts_per_hour="10000", archive_max_mb="1"
    ).start()
    yield server
    server.stop()


@pytest.fixture
def poppy(served, request):
    person = Person(served, f"p{abs(hash(request.node.name)) % 10**9}")
    yield person
    person.link.close()


def test_an_archive_goes_from_upload_to_drafts_and_is_deleted(served, poppy, tmp_path):
    source = made.zipped(tmp_path / "archive.zip", made.mastodon(photo_bytes()))
    page = poppy.reads(poppy.brings(source))
    assert "the file is deleted" in page.text
    assert "your posts: 3" in page.text
    assert "Spiders" in page.text
    assert "messages" in page.text
    place = page.url.path
    page = poppy.link.post(f"{place}/choose", data={"post": ["1", "2"]})
    assert "becomes drafts now" in page.text
    for _ in range(200):
        drafts = poppy.link.get("/drafts").text
        if drafts.count("/delete") == 2:
            break
        time.sleep(0.05)
    [photo] = re.findall(r'href="(/new\?draft=\d+)"><strong>With a photo', drafts)
    assert re.search(r'<img[^>]+src="/files/', poppy.link.get(photo).text)
    assert poppy.link.get("/").text.count("With a photo") == 0
    assert "/new?draft=" in poppy.link.get(place).text
    assert "archive.zip" in poppy.link.get("/arrive/bring").text
    assert "archive.zip" not in poppy.link.post(f"{place}/delete").text
    assert poppy.link.get(place).status_code == 404


def test_handles_are_shown_to_their_owner_alone_and_nothing_passed_over_is_logged(served, poppy, tmp_path):
    body = made.dumped(made.tiktok())
    page = poppy.reads(poppy.brings(made.bare(tmp_path / "user_data_tiktok.json", body)))
    assert "followed.0" in page.text
    assert "pest0" in page.text
    assert "Nobody is blocked by this" in page.text
    assert "Español" in page.text
    other = Person(served, "nosy")
    for answer in (other.link.get(page.url.path), other.link.post(f"{page.url.path}/delete"),
                   other.link.post(f"{page.url.path}/choose", data={"post": "1"})):
        assert answer.status_code == 404
    other.link.close()
    for word in (made.SECRET, "followed.0", "poppy.here"):
        assert word not in served.log()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [("Volgend.txt", b"Datum", "choose JSON as the file format"), ("cat.zip", b"PK\x03\x04x", "cut off or damaged"),
     ("user_data.json", b'{"Post": {"Posts": {"VideoList": [', "too early"),
     ("cat.jpg", b"\xff\xd8\xff", "Nothing in this file")],
)
def test_a_refused_archive_says_why_and_what_would_be_right(poppy, tmp_path, name, body, said):
    page = poppy.reads(poppy.brings(made.bare(tmp_path / name, body)))
    assert said in page.text
    assert "nothing of it was kept" in page.text


def test_what_is_too_large_or_nothing_is_refused_on_the_form(poppy, tmp_path):
    page = poppy.brings(made.bare(tmp_path / "big.zip", bytes(1_050_000)))
    assert (page.status_code, "1 MB is the most" in page.text) == (413, True)
    assert poppy.brings(made.bare(tmp_path / "none.zip", b"")).status_code == 400
    assert poppy.brings(made.bare(tmp_path / "a.json", b"{}"), headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_strangers_are_asked_to_sign_in(served):
    for path in ("/arrive/bring", "/arrive/bring/1"):
        answer = httpx2.get(served.url + path)
        assert (answer.status_code, answer.headers["location"][:6]) == (303, "/enter")


@pytest.mark.parametrize(("size_bytes", "said"), [
    (0, "1 kB"), (1, "1 kB"), (3_100, "3 kB"), (999_400, "999 kB"), (999_600, "1 MB"), (1_240_000, "1.2 MB"),
    (9_960_000, "10 MB"), (340_400_000, "340 MB"), (999_700_000, "1 GB"), (2_500_000_000, "2.5 GB"),
])
def test_a_size_is_said_as_people_read_it(size_bytes, said):
    assert size(size_bytes) == said


def test_the_report_is_written_in_the_punctuation_of_its_language(served, poppy, tmp_path):
    source = made.zipped(tmp_path / "archive.zip", {"user_data_tiktok.json": made.dumped(made.tiktok())})
    page = poppy.reads(poppy.brings(source))
    assert re.search(r'class="hint">TikTok · \d kB<', page.text)
    assert "your posts: 2" in page.text
    assert "<h2>People you followed (3)</h2>" in page.text
    poppy.link.post("/settings/languages", data={"locale": "zh-Hans", "reads": "zh"})
    in_chinese = poppy.link.get(page.url.path).text
    shown = re.sub(r"<code>.*?</code>|<details.*?</details>|<[^>]+>", "", in_chinese.partition("data-brought")[2].partition("</main>")[0], flags=re.S)
    assert re.search(r"[\u4e00-\u9fff]：2", shown)
    assert re.search(r"[\u4e00-\u9fff]（3）", shown)
    assert not re.search(r"[\u4e00-\u9fff] ?[:,(]", shown), shown
