"""Pieces: slots are filled, and nobody writes one by hand."""

from __future__ import annotations

from catflap.web.rendering import Piece, Pieces, slot


def test_a_piece_is_filled_where_its_slots_are():
    piece = Piece(f"<b>{slot('likes')}</b> <i>{slot('liked')}</i>{slot('absent')}")
    assert piece.filled({"likes": b"3", "liked": b"true"}) == b"<b>3</b> <i>true</i>"
    assert piece.filled({"likes": b"4", "liked": b"true"}) == b"<b>4</b> <i>true</i>"


def test_a_text_cannot_hold_a_slot():
    for text in ("\x00likes\x00", "\x00:likes\x00", "\x00" + "0" * 16 + ":likes\x00"):
        assert Piece(text).filled({"likes": b"<script>"}) == text.encode()


def test_kept_pieces_stay_within_their_bytes():
    pieces = Pieces(limit_bytes=10_000)
    shelf = pieces.shelf("card", "en")
    for number in range(100):
        pieces.keep(shelf, (number,), "x" * 1000)
        assert sum(piece.size_bytes for piece in shelf.values()) <= 10_000
    assert (99,) in shelf
