"""What a form refuses stays in the form, without any script: nobody writes anything twice."""

from __future__ import annotations

import re
from contextlib import closing

from tests.conftest import Server
from tests.mastodon.app import joined


def written_note(app, title="Soup"):
    """The path of a note, by its form."""
    return app.post("/new", data={"title": title, "body": "Hot.", "visibility": "public"}).headers["location"]


def test_a_comment_that_is_too_long_stays_in_its_form_with_the_reason(server):
    with closing(joined(server, "moss")) as moss:
        note = written_note(moss).rpartition("/")[2]
        first = moss.post(f"/n/{note}/comments", data={"text": "Is there more?", "reply_to": ""})
        answered = re.search(r"/n/(\d+)", first.headers["location"])[1]
        text = "</textarea><b>喵</b> " + "x" * 2000
        page = moss.post(f"/n/{note}/comments", data={"text": text, "reply_to": answered})
        assert page.status_code == 422
        assert "&lt;/textarea&gt;&lt;b&gt;喵&lt;/b&gt; " + "x" * 2000 + "</textarea>" in page.text
        assert f'name="reply_to" value="{answered}"' in page.text
        assert 'role="alert"' in page.text
        assert "2000" in page.text
        assert "Soup" in page.text
        assert moss.get(f"/@moss/{note}").text.count('class="comment ') == 1


def test_a_comment_that_comes_too_fast_stays_in_its_form(tmp_path):
    server = Server(tmp_path, posts_per_hour="2").start()
    try:
        with closing(joined(server, "moss")) as moss:
            note = written_note(moss).rpartition("/")[2]
            answers = [moss.post(f"/n/{note}/comments", data={"text": f"thought {n}"}) for n in range(4)]
            late = answers[-1]
            assert late.status_code == 429
            assert late.headers["retry-after"]
            assert ">thought 3</textarea>" in late.text
    finally:
        server.stop()


def test_what_one_says_of_oneself_stays_where_it_was_written(server):
    with closing(joined(server, "moss")) as moss:
        page = moss.post("/settings/profile", data={
            "name": "Moss", "bio": "b" * 501, "home": "by the river", "field_name": ["Site"],
            "field_value": ["moss.example"], "locked": "yes",
        }, files={"nothing": b""})
        assert page.status_code == 422
        assert "b" * 501 + "</textarea>" in page.text
        for kept in ('value="by the river"', 'value="moss.example"', 'value="yes" checked'):
            assert kept in page.text
        assert "by the river" not in moss.get("/@moss").text


def test_a_report_stays_in_its_form(server):
    with closing(joined(server, "moss")) as moss, closing(joined(server, "reed")):
        page = moss.post("/@reed/report", data={"category": "other", "message": "m" * 5000})
        assert page.status_code == 422
        assert "m" * 5000 + "</textarea>" in page.text


def test_no_field_for_words_stops_at_half_of_what_an_emoji_counts(server):
    """``maxlength`` counts UTF-16, the server code points: it judges, in the reader's language."""
    with closing(joined(server, "moss")) as moss:
        note = written_note(moss).rpartition("/")[2]
        for path in ("/new", f"/n/{note}/edit", f"/@moss/{note}", "/settings/profile"):
            for field in re.findall(r"<(?:textarea|input)[^>]*maxlength[^>]*>", moss.get(path).text):
                assert 'type="search"' in field
        long = "🐈" * 5000
        assert moss.post("/new", data={"title": "Cats", "body": long}).status_code == 303
        page = moss.post("/new", data={"title": "Cats", "body": long + "🐈"})
        assert page.status_code == 422
        assert long + "🐈</textarea>" in page.text
