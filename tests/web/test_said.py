"""Texts as HTML: whatever was written, only paragraphs, line ends and links come out."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from catflap.web.entities.said import marked_up
from tests.web.hostile import OWNED, TEXTS

MARKUP = [text for text in TEXTS.values() if OWNED in text and len(text) < 200]

PIECES = st.sampled_from([*MARKUP, "@juniper", "#猫税", "https://x.y/'\"<>&", "www.a.b",
                          "\n\n", "\n", " ", "`<b>`", "&amp;", "<", ">", "\"", "'"])
WRITTEN = st.text(st.characters(), max_size=80) | st.lists(PIECES, max_size=8).map("".join)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data

    def handle_comment(self, data):
        self.found.append(("comment", {}))

    def handle_decl(self, decl):
        self.found.append(("declaration", {}))


@given(WRITTEN)
def test_only_our_own_tags_come_out_and_links_lead_to_the_web(text):
    for tag, attributes in Tags(marked_up(text)).found:
        assert tag in ("p", "br", "a")
        assert set(attributes) <= {"href", "rel", "target"}
        if tag == "a":
            assert attributes["href"].startswith(("http://", "https://", "/@", "/tags/"))


@given(st.lists(st.sampled_from([*MARKUP, " ", "猫"]), max_size=4).map("".join))
def test_what_was_written_is_what_is_read(text):
    if "http" not in text and "www." not in text:
        assert Tags(marked_up(text)).words == text.replace("\n\n", "").replace("\n", "")


@given(st.sampled_from(["javascript:", "data:text/html,", "vbscript:", "file:///", "//"]), st.text(max_size=20))
def test_a_scheme_that_runs_is_no_link(scheme, rest):
    for tag, attributes in Tags(marked_up(f"{scheme}{rest} [a]({scheme}{rest}) <{scheme}{rest}>")).found:
        if tag == "a":
            assert urlsplit(attributes["href"] or "").scheme in ("", "http", "https")
