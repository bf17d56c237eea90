"""What of a picture stays in sight where apps and pages cut it, as its author says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.media.actions import focus_of
from catflap.media.errors import FocusUnfit
from catflap.media.model import Focus
from tests.conftest import photo_bytes


@pytest.fixture
def moss(cast):
    return cast("moss")


def uploaded(by, **told: str) -> dict:
    file = {"file": ("cat.jpg", photo_bytes(), "image/jpeg")}
    return by.json("POST", "/api/v2/media", files=file, data=told)


def test_it_is_kept_from_upload_to_note_and_is_the_middle_otherwise(moss):
    assert uploaded(moss)["meta"]["focus"] == {"x": 0.0, "y": 0.0}
    told = uploaded(moss, focus="-0.9,0.5", description="a cat at the edge")
    assert told["meta"]["focus"] == {"x": -0.9, "y": 0.5}
    note = moss.json("POST", "/api/v1/statuses", json={"status": "Look", "media_ids": [told["id"]]})
    [shown] = note["media_attachments"]
    assert shown["meta"]["focus"] == {"x": -0.9, "y": 0.5}
    assert 'class="to-left to-head"' in moss.get(f"/@{note['account']['acct']}").text


def test_it_changes_before_and_after_a_note_takes_the_picture(moss):
    told = uploaded(moss)
    path = f"/api/v1/media/{told['id']}"
    assert moss.json("PUT", path, json={"focus": "1,-1"})["meta"]["focus"] == {"x": 1.0, "y": -1.0}
    note = moss.json("POST", "/api/v1/statuses", json={"status": "Look", "media_ids": [told["id"]]})
    for focus, found in (("0.25,0", {"x": 0.25, "y": 0.0}), ("0,0", {"x": 0.0, "y": 0.0})):
        edited = moss.json("PUT", f"/api/v1/statuses/{note['id']}", json={
            "status": "Look", "media_ids": [told["id"]],
            "media_attributes": [{"id": told["id"], "focus": focus}],
        })
        assert edited["media_attachments"][0]["meta"]["focus"] == found
        again = moss.json("GET", f"/api/v1/statuses/{note['id']}")
        assert again["media_attachments"][0]["meta"]["focus"] == found


@pytest.mark.parametrize("text", ["left", "0.5", "2,0", "0,-1.01", "nan,0", "0,0,0"])
def test_what_is_no_focus_is_refused_and_nothing_is_kept(moss, text):
    file = {"file": ("cat.jpg", photo_bytes(), "image/jpeg")}
    answer = moss.post("/api/v2/media", files=file, data={"focus": text})
    assert answer.status_code == 422
    assert "Focus" in answer.json()["error"]


def test_nobody_changes_it_for_somebody_else(moss, cast):
    told = uploaded(moss)
    answer = cast("fern").put(f"/api/v1/media/{told['id']}", json={"focus": "1,1"})
    assert answer.status_code == 404


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_every_place_of_a_picture_can_be_said(x, y):
    assert focus_of(f"{x},{y}") == Focus(x=x, y=y)


@given(st.text("0123456789.,-+einfa \x00", max_size=12))
def test_a_text_is_a_focus_or_refused(text):
    try:
        found = focus_of(text)
    except FocusUnfit:
        return
    assert -1 <= found.x <= 1
    assert -1 <= found.y <= 1
