"""Marks stand for texts where they are compared, and say nothing without the key."""

from __future__ import annotations

from catflap.ground.sealing import Seal


def test_a_mark_is_the_same_for_the_same_text_purpose_and_key_alone(tmp_path):
    seal, again, other = Seal(tmp_path / "a"), Seal(tmp_path / "a"), Seal(tmp_path / "b")
    mark = seal.mark("tiktok:cat", purpose="one")
    assert again.mark("tiktok:cat", purpose="one") == mark
    others = {seal.mark("tiktok:dog", purpose="one"), seal.mark("tiktok:cat", purpose="two"), other.mark("tiktok:cat", purpose="one")}
    assert mark not in others
    assert len(others) == 3
    assert "cat" not in mark
