"""What a file is, by its content."""

from __future__ import annotations

import io
import struct
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catflap.media.errors import MediaKindRefused
from catflap.media.judging import Content, judged, judged_file

PHOTOS = ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIC"]


def zipped() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(5_000_000))
    return body.getvalue()


def ftyp(*brands: bytes) -> bytes:
    body = brands[0] + bytes(4) + b"".join(brands[1:])
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body


@pytest.mark.parametrize("format", PHOTOS)
def test_every_photo_is_known_by_content_under_a_lying_name(studio, format):
    assert judged_file(studio.photo(format, "evil.exe")) == Content(format.lower())


@pytest.mark.parametrize(("name", "codec", "sound", "content"), [
    ("a.mp4", "libx264", "aac", Content.MP4),
    ("a.mov", "libx264", "aac", Content.MOV),
    ("a.webm", "libvpx-vp9", "libopus", Content.WEBM),
])
def test_every_video_is_known_by_content(studio, name, codec, sound, content):
    film = studio.film(name, seconds=0.5, codec=codec, sound=sound)
    assert judged_file(film.rename(film.with_name("holiday.jpg"))) == content


def test_matroska_that_is_not_webm_is_refused(studio):
    with pytest.raises(MediaKindRefused) as refusal:
        judged_file(studio.film("a.mkv", seconds=0.5))
    assert refusal.value.found == "Matroska"


@pytest.mark.parametrize(("brands", "content"), [
    ((b"mif1", b"mif1", b"avif", b"miaf"), Content.AVIF),
    ((b"mif1", b"mif1", b"heic"), Content.HEIC),
    ((b"msf1", b"hevc"), Content.HEIC),
    ((b"mmp4", b"isom", b"mp42"), Content.MP4),
    ((b"qt  ", b"qt  "), Content.MOV),
])
def test_a_vague_major_brand_is_settled_by_the_compatible_ones(brands, content):
    assert judged(ftyp(*brands)) == content


@pytest.mark.parametrize("major", [b"crx ", b"M4A ", b"jxl ", b"mif1", b"abcd"])
def test_iso_files_that_are_no_picture_and_no_film_are_refused(major):
    compatible = b"abcd" if major in (b"mif1", b"abcd") else b"isom"
    with pytest.raises(MediaKindRefused):
        judged(ftyp(major, compatible))


@pytest.mark.parametrize(("body", "found"), [
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
    (b"\xef\xbb\xbf \n<?xml version='1.0'?><svg/>", "XML"),
    (b"\n\n<!DOCTYPE html><script>alert(1)</script>", "HTML"),
    (b"%PDF-1.7", "PDF"),
    (b"MZ\x90\x00", "EXE"),
    (b"\x7fELF\x02\x01", "ELF"),
    (b"#!/bin/sh\nrm -rf /", "script"),
    (b"\x1f\x8b\x08\x00", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"BM" + bytes(60), "BMP"),
    (b"II*\x00" + bytes(60), "TIFF"),
    (b"RIFF\x00\x00\x00\x00AVI LIST", "RIFF"),
    (b"", ""),
    (b"hello", ""),
])
def test_strangers_are_refused_by_name(body, found):
    with pytest.raises(MediaKindRefused) as refusal:
        judged(body)
    assert refusal.value.found == found


def test_a_zip_bomb_named_jpg_is_refused(studio):
    with pytest.raises(MediaKindRefused) as refusal:
        judged_file(studio.file("photo.jpg", zipped()))
    assert refusal.value.found == "ZIP"


@pytest.mark.parametrize(("added", "found"), [
    (b"<script>alert(1)</script>", "jpeg and markup"),
    (b"<!DOCTYPE html>", "jpeg and markup"),
    (b"<SVG onload=alert(1)>", "jpeg and markup"),
    (b"<?php system($_GET[0]);", "jpeg and markup"),
    (b"%PDF-1.4", "jpeg and PDF"),
])
def test_a_photo_that_is_a_document_too_is_refused(studio, added, found):
    with pytest.raises(MediaKindRefused) as refusal:
        judged_file(studio.photo("JPEG", comment=added))
    assert refusal.value.found == found


def test_a_gif_that_is_a_script_too_is_refused():
    with pytest.raises(MediaKindRefused):
        judged(b"GIF89a/*\x00\x00<html><script>*/=1;alert(1)</script>")


@pytest.mark.parametrize("format", PHOTOS)
def test_a_photo_that_is_an_archive_too_is_refused(studio, format):
    photo = studio.photo(format)
    photo.write_bytes(photo.read_bytes() + zipped())
    with pytest.raises(MediaKindRefused) as refusal:
        judged_file(photo)
    assert refusal.value.found == f"{format.lower()} and ZIP"


def test_a_motion_photo_keeps_its_appended_film(studio):
    photo = studio.photo("JPEG")
    photo.write_bytes(photo.read_bytes() + studio.film(seconds=0.5).read_bytes())
    assert judged_file(photo) is Content.JPEG


def test_a_zip_signature_by_chance_refuses_nobody(studio):
    photo = studio.photo("JPEG")
    photo.write_bytes(photo.read_bytes() + b"PK\x05\x06" + bytes(100))
    assert judged_file(photo) is Content.JPEG


@given(st.binary(max_size=5000), st.binary(max_size=200))
def test_random_bytes_are_judged_or_refused_and_never_more(head, tail):
    with suppress(MediaKindRefused):
        assert judged(head, tail=tail) in Content


@given(st.sampled_from([b"\x1a\x45\xdf\xa3", b"\x00\x00\x00\x20ftyp"]), st.binary(max_size=200))
def test_random_headers_of_containers_are_judged_or_refused(start, rest):
    with suppress(MediaKindRefused):
        assert judged(start + rest) in Content
