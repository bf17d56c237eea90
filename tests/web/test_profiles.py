"""A profile's lines and pictures, and requests to follow, on the web."""

from __future__ import annotations

import time
from contextlib import closing

from tests.conftest import photo_bytes
from tests.mastodon.app import joined


def test_a_profile_shows_its_header_and_lines_and_saving_keeps_them(server):
    with closing(joined(server, "moss")) as moss:
        saved = moss.post("/settings/profile", data={
            "name": "Moss", "bio": "green", "home": "", "field_name": ["Site", "", "", ""],
            "field_value": ["https://moss.example", "", "", ""], "locked": "yes",
        }, files={"header": ("h.jpg", photo_bytes(), "image/jpeg")})
        assert saved.status_code == 303, saved.text
        page = moss.get("/@moss").text
        assert '<img class="banner" src="/files/' in page
        assert '<a href="https://moss.example" rel="nofollow noopener ugc" target="_blank">' in page
        form = moss.get("/settings").text
        assert form.count('name="field_value"') == 4
        assert 'value="https://moss.example"' in form
        assert 'name="locked" value="yes" checked' in form
        many = moss.post("/settings/profile", data={
            "name": "Moss", "bio": "", "home": "", "field_name": list("abcde"), "field_value": list("abcde")})
        assert many.status_code == 422
        assert moss.get("/@moss").text.count("<dt>") == 1


def test_who_is_asked_accepts_or_declines_on_the_notices_page(server):
    with closing(joined(server, "moss")) as moss, closing(joined(server, "阿橘", reads="zh")) as aju, closing(joined(server, "reed")) as reed:
        moss.post("/settings/profile", data={"name": "Moss", "bio": "", "home": "", "locked": "yes"})
        for one in (aju, reed):
            answer = one.post("/@moss/follow", headers={"accept": "application/json"})
            assert answer.json()["following"] is False
            assert "/@moss/unfollow" in one.get("/@moss").text
        assert "label" in answer.json()

        def page() -> str:
            return moss.get("/notices").text

        deadline = time.monotonic() + 10
        while page().count("/accept") < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert moss.post("/requests/阿橘/accept").status_code == 303
        assert moss.post("/requests/reed/decline").status_code == 303
        assert "/accept" not in page()
        assert "阿橘" in moss.get("/@moss/followers").text
        assert "@reed" not in moss.get("/@moss/followers").text
        assert moss.post("/requests/reed/accept").status_code == 404
        assert aju.post("/requests/moss/accept").status_code == 404
