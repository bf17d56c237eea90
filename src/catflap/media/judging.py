"""What a file is, by its content; never by its name or by what the sender says.

Two ends of the file are read. Its first bytes say what it is. A file that is also a document that
runs elsewhere (HTML or PDF in the first bytes, a ZIP directory in the last ones) is refused even
though only pixels made anew are ever served: such a file was built, nobody took it with a camera.
What phones do append to a JPEG (a motion photo's MP4, a gain map) is taken.

Sources: the signatures of JPEG (ITU-T T.81), PNG (ISO 15948), GIF89a, WebP (RFC 9649), ISO base
media (ISO 14496-12, brands in ``ftyp``), HEIF and AVIF brands (ISO 23008-12, AV1-AVIF §6),
Matroska (RFC 9559, ``DocType`` in RFC 8794), ZIP (APPNOTE 4.3.16).
"""

from __future__ import annotations

import os
import re
from enum import StrEnum
from pathlib import Path

from catflap.media.errors import MediaKindRefused

HEAD_BYTES = 4096
TAIL_BYTES = 22 + 65_535
"""A ZIP's last record and the longest comment it may have."""


class Content(StrEnum):
    """The kinds of files taken."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"
    HEIC = "heic"
    MP4 = "mp4"
    MOV = "mov"
    WEBM = "webm"


PHOTO_DECODERS = {
    Content.JPEG: "JPEG",
    Content.PNG: "PNG",
    Content.WEBP: "WEBP",
    Content.AVIF: "AVIF",
    Content.GIF: "GIF",
    Content.HEIC: "HEIF",
}
"""The one Pillow decoder that may open each kind of photo."""
VIDEO_DEMUXERS = {Content.MP4: "mov", Content.MOV: "mov", Content.WEBM: "matroska"}
"""The one FFmpeg demuxer that may open each kind of video."""

_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs"}
_PICTURES = {b"mif1", b"msf1", b"miaf"}
_MP4 = {
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ",
    b"M4VP", b"dash", b"MSNV", b"3gp4", b"3gp5", b"3gp6", b"f4v ",
}
# Raw photographs, sound and other pictures that also list "isom" among their brands.
_NOT_VIDEO = {b"crx ", b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"jp2 ", b"jpx ", b"jxl "}

_STARTS = (
    (b"\xff\xd8\xff", Content.JPEG),
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    (b"GIF87a", Content.GIF),
    (b"GIF89a", Content.GIF),
)
# Only names for the log: nothing of this is taken.
_STRANGERS = (
    (b"<svg", "SVG"), (b"<?xml", "XML"), (b"<!doctype", "HTML"), (b"<html", "HTML"),
    (b"<script", "HTML"), (b"<!--", "HTML"), (b"<?php", "PHP"), (b"%pdf", "PDF"),
    (b"%!ps", "PostScript"), (b"pk\x03\x04", "ZIP"), (b"pk\x05\x06", "ZIP"), (b"rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"), (b"\x1f\x8b", "gzip"), (b"bzh", "bzip2"), (b"\xfd7zxz", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"), (b"mz", "EXE"), (b"\x7felf", "ELF"), (b"#!", "script"),
    (b"\xca\xfe\xba\xbe", "Mach-O or Java"), (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"\x00asm", "WebAssembly"), (b"\xd0\xcf\x11\xe0", "OLE"), (b"bm", "BMP"),
    (b"ii*\x00", "TIFF"), (b"mm\x00*", "TIFF"), (b"8bps", "PSD"), (b"\xff\x0a", "JPEG XL"),
    (b"oggs", "Ogg"), (b"flac", "FLAC"), (b"id3", "MP3"), (b"riff", "RIFF"),
    (b"\x1a\x45\xdf\xa3", "Matroska"),
)
_MARKUP = re.compile(rb"<(?:!doctype|html|script|svg|iframe|\?php)[\s>/]", re.IGNORECASE)
_PDF_WITHIN_BYTES = 1024
"""Readers look for ``%PDF-`` this far (Adobe's implementation note 13)."""


def judged_file(source: Path) -> Content:
    """The kind of a file; two reads, whatever its size.

    Raises:
        MediaKindRefused: it is none of those taken, or more than one thing.
    """
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
        size_bytes = file.seek(0, os.SEEK_END)
        file.seek(max(0, size_bytes - TAIL_BYTES))
        return judged(head, tail=file.read(TAIL_BYTES))


def judged(head: bytes, *, tail: bytes = b"") -> Content:
    """The kind of a file from its first `HEAD_BYTES` and its last `TAIL_BYTES`.

    Raises:
        MediaKindRefused: it is none of those taken, or more than one thing.
    """
    content = _signed(head)
    if _MARKUP.search(head):
        raise MediaKindRefused(found=f"{content} and markup")
    if b"%PDF-" in head[:_PDF_WITHIN_BYTES]:
        raise MediaKindRefused(found=f"{content} and PDF")
    if _is_zip_end(tail):
        raise MediaKindRefused(found=f"{content} and ZIP")
    return content


def _signed(head: bytes) -> Content:
    for start, content in _STARTS:
        if head.startswith(start):
            return content
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Content.WEBP
    if head[4:8] == b"ftyp":
        return _branded(head)
    if _ebml_doctype(head) == b"webm":
        return Content.WEBM
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower()
    names = (name for start, name in _STRANGERS if text.startswith(start.lower()))
    raise MediaKindRefused(found=next(names, ""))


def _branded(head: bytes) -> Content:
    """The kind of an ISO file: its major brand decides, the compatible ones where that is vague."""
    box_bytes = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    compatible = {head[at : at + 4] for at in range(16, box_bytes - 3, 4)}
    brands = {major} if major in _AVIF | _HEIC | _MP4 else compatible
    if major == b"qt  ":
        return Content.MOV
    if brands & _AVIF:
        return Content.AVIF
    if brands & _HEIC:
        return Content.HEIC
    if brands & _MP4 and major not in _NOT_VIDEO | _PICTURES:
        return Content.MP4
    raise MediaKindRefused(found=f"ISO media {major.decode('ascii', 'replace').strip()}")


def _ebml_doctype(head: bytes) -> bytes:
    """The ``DocType`` of an EBML header, empty where there is none."""
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return b""
    at, length = _ebml_number(head, 4)
    end = min(len(head), at + length)
    while at < end:
        identifier = head[at : at + _ebml_width(head, at)]
        at, length = _ebml_number(head, at + len(identifier))
        if identifier == b"\x42\x82":
            return head[at : min(end, at + length)].rstrip(b"\x00")
        at += length
    return b""


def _ebml_width(head: bytes, at: int) -> int:
    """How many bytes a variable-size number takes: one more than its first byte's leading zeros."""
    first = head[at] if at < len(head) else 0
    return 9 - first.bit_length() if first else 8


def _ebml_number(head: bytes, at: int) -> tuple[int, int]:
    """The place after a variable-size number, and the number (RFC 8794 §4)."""
    width = _ebml_width(head, at)
    raw = int.from_bytes(head[at : at + width], "big")
    return at + width, raw & ((1 << 7 * width) - 1)


def _is_zip_end(tail: bytes) -> bool:
    """Whether a ZIP's last record ends the file exactly.

    The signature alone stands in one of 65,000 innocent photos by chance; with its comment's
    length reaching just to the end it does not.
    """
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        comment_bytes = int.from_bytes(tail[at + 20 : at + 22], "little")
        if at + 22 <= len(tail) and at + 22 + comment_bytes == len(tail):
            return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False
