"""What a page says of itself: which tags count, in which letters, and nothing that is not text."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from catflap.previews import reading
from catflap.previews.addressing import canonical
from catflap.previews.model import DESCRIPTION_MAX_CHARS, TITLE_MAX_CHARS

URL = "https://www.cats.example/news/1"


def read(head: str, *, url: str = URL):
    return reading.page(f"<!doctype html><html lang='en-GB'><head>{head}</head><body>", url=url)


def test_open_graph_goes_before_twitter_and_before_the_plain_tags():
    found = read(
        '<title>plain</title><meta name="twitter:title" content="short"><meta property="og:title" content="Cats &amp; dogs">'
        '<meta name=description content="plain words"><meta property="og:site_name" content="The Cat Times">'
        '<meta content="/cat.jpg" property="og:image"><meta property="og:image:alt" content="A cat">'
        '<meta name="author" content="Moss"><meta property="article:published_time" content="2024-05-01T10:00:00+02:00">'
    )
    assert (found.title, found.description, found.site) == ("Cats & dogs", "plain words", "The Cat Times")
    assert (found.image_url, found.image_alt) == ("https://www.cats.example/cat.jpg", "A cat")
    assert (found.author_name, found.author_url, found.lang) == ("Moss", "", "en")
    assert found.published_at == datetime(2024, 5, 1, 8, tzinfo=UTC)


def test_a_page_without_tags_has_its_title_and_its_host():
    found = read("<title>\n Only\n a title </title>")
    assert (found.title, found.description, found.site, found.image_url) == ("Only a title", "", "cats.example", "")
    assert read("<meta name=description content=x>") is None


def test_what_a_page_says_is_text_on_one_line_and_no_longer_than_its_limit():
    found = read(
        f'<title>{"long " * 100}</title><meta property="og:description" content="&lt;script&gt;alert(1)&lt;/script&gt; a\n\u202eb&amp;lt;i&amp;gt;c{"d" * 2000}">'
    )
    assert len(found.title) <= TITLE_MAX_CHARS
    assert found.title.endswith("…")
    assert found.description.startswith("alert(1) a b c")
    assert len(found.description) == DESCRIPTION_MAX_CHARS
    assert not set("<>\u202e\n") & set(found.title + found.description)


def test_comments_and_scripts_say_nothing():
    found = read(
        '<!-- <title>no</title> --><script>var a = "<title>nor this</title>";</script>'
        '<svg><title>a drawing</title></svg><title>yes</title>'
    )
    assert found.title == "yes"


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:image/png;base64,AAAA", "file:///etc/passwd", "http://["])
def test_pictures_come_from_the_web_alone(image):
    assert read(f'<title>t</title><meta property="og:image" content="{image}">').image_url == ""


def test_dates_that_cannot_be_are_none():
    for text in ("soon", "0001-01-01T00:00:00", "2999-01-01", "9999-12-31T23:59:59-23:59"):
        assert read(f'<title>t</title><meta property="article:published_time" content="{text}">').published_at is None


@pytest.mark.parametrize(
    ("codec", "kind", "declared"),
    [
        ("gb18030", "text/html; charset=GB2312", ""), ("gb18030", "text/html", '<meta charset="gbk">'),
        ("big5", "text/html;charset=big5", ""), ("shift_jis", "text/html", '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">'),
        ("utf-8-sig", "text/html; charset=iso-8859-1", ""), ("utf-8", "text/html; charset=nonsense", ""),
    ],
)
def test_letters_are_read_as_the_page_was_written(codec, kind, declared):
    text = f"<html><head>{declared}<title>貓和狗 ネコ</title>" if codec == "shift_jis" else f"<html><head>{declared}<title>猫税</title>"
    text = text.replace("貓", "猫")
    if codec == "big5":
        text = text.replace("猫税", "貓稅")
    found = reading.page(reading.decoded(text.encode(codec), kind=kind), url=URL)
    assert found.title in ("猫税", "貓稅", "猫和狗 ネコ")


@pytest.mark.parametrize(
    "page", ["<meta " * 160_000, '<meta "' * 140_000, "<script " * 120_000, "<title>" * 140_000, "<!--" * 250_000,
             "<meta a=\"'b\" " * 70_000, "<meta content='" + "a" * 900_000],
)
def test_a_page_that_is_made_to_be_slow_has_no_preview_and_holds_nobody_up(page):
    began = time.process_time()
    assert reading.page(page, url=URL) is None
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://例え.jp/猫?q=猫#x", "https://xn--r8jz45g.jp/%E7%8C%AB?q=%E7%8C%AB"), ("www.a.com).", "https://www.a.com/"),
        ("HTTPS://Ex.ORG:443", "https://ex.org/"), ("https://en.wikipedia.org/wiki/Cat_(animal)", "https://en.wikipedia.org/wiki/Cat_(animal)"),
        ("https://a.example/x?b=%20c&d", "https://a.example/x?b=%20c&d"), ("https://me:secret@a.example/", None),
        ("ftp://a.example/", None), ("https://" + "a" * 80 + ".example/", None), (f"https://a.example/{'x' * 2000}", None),
        ("http://a.example:99999/", None), ("http://[::1", None),
    ],
)
def test_an_address_is_kept_in_one_form(link, kept):
    assert canonical(link) == kept
