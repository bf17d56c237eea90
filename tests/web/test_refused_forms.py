"""What a form refuses stays in the form, without any script: nobody writes anything twice."""

from __future__ import annotations

import re
from contextlib import closing

from tests.conftest import Server, photo_bytes
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


def photos_shown(app, path):
    """The addresses of the photos in the comments of a note."""
    return re.findall(r'<a class="pic view" href="([^"]+)"', app.get(path).text)


def kept_photos(page) -> list[str]:
    """The ids of the photos that a refused form still has."""
    return re.findall(r'<input type="checkbox" name="media" value="(\d+)" checked>', page.text)


def photo(name="cat.jpg"):
    return "photos", (name, photo_bytes(), "image/jpeg")


def test_the_photo_of_a_refused_comment_stays_in_its_form_and_goes_out_with_the_next_try(server):
    with closing(joined(server, "moss")) as moss:
        path = written_note(moss)
        at = f"/n/{path.rpartition('/')[2]}/comments"
        page = moss.post(at, data={"text": "x" * 2001}, files=[photo()])
        assert page.status_code == 422
        [kept] = kept_photos(page)
        preview = re.search(r'<img src="(/files/[^"]+)" alt="Photo 1"', page.text)[1]
        assert moss.get(preview).status_code == 200
        assert photos_shown(moss, path) == []
        page = moss.post(at, data={"text": "y" * 2001, "media": kept}, files=[photo()])
        assert kept_photos(page)[0] == kept
        assert len(kept_photos(page)) == 2
        assert moss.post(at, data={"text": "at last", "media": kept_photos(page)}).status_code == 303
        assert len(photos_shown(moss, path)) == 2
        assert kept_photos(moss.get(path)) == []
        # Once more with what went out: the photos stay where they are.
        assert moss.post(at, data={"text": "again", "media": kept}).status_code == 303
        assert len(photos_shown(moss, path)) == 2


def test_a_photo_that_was_unticked_or_is_somebody_elses_goes_nowhere(server):
    with closing(joined(server, "moss")) as moss, closing(joined(server, "reed")) as reed:
        path = written_note(moss)
        at = f"/n/{path.rpartition('/')[2]}/comments"
        [kept] = kept_photos(moss.post(at, data={"text": "x" * 2001}, files=[photo()]))
        page = reed.post(at, data={"text": "x" * 2001, "media": kept})
        assert (page.status_code, kept_photos(page)) == (422, [])
        assert moss.post(at, data={"text": "no photo"}).status_code == 303
        assert photos_shown(moss, path) == []


def test_a_refused_file_loses_neither_the_words_nor_the_photo_before_it(server):
    with closing(joined(server, "moss")) as moss:
        path = written_note(moss)
        at = f"/n/{path.rpartition('/')[2]}/comments"
        page = moss.post(
            at, data={"text": "two cats"}, files=[photo(), ("photos", ("b.jpg", b"no photo", "image/jpeg"))]
        )
        assert page.status_code in (415, 422)
        assert len(kept_photos(page)) == 1
        assert ">two cats</textarea>" in page.text
