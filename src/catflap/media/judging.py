"""What a file is, by its content; never by its name or by what the sender says.

Sources: the file signatures of JPEG (ITU T.81), PNG (ISO 15948), GIF89a, RIFF/WebP, ISO base
media (ISO 14496-12, brands in ``ftyp``), Matroska (RFC 9559).
"""

from __future__ import annotations

from catflap.media.errors import MediaKindRefused

HEAD_BYTES = 4096
PHOTO_DECODERS = {
    "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "avif": "AVIF", "heic": "HEIF",
}
VIDEO_CONTAINERS = {"mp4": "mov", "webm": "matroska"}

_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
_VIDEO = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"qt  ",
          b"M4V ", b"M4VP", b"dash", b"MSNV", b"3gp4", b"3gp5", b"f4v "}
_OTHERS = (
    (b"<svg", "SVG"), (b"<?xml", "XML"), (b"<!doctype", "HTML"), (b"<html", "HTML"),
    (b"%pdf", "PDF"), (b"pk\x03\x04", "ZIP"), (b"\x1f\x8b", "gzip"), (b"mz", "EXE"),
    (b"\x7felf", "ELF"), (b"bm", "BMP"), (b"ii*\x00", "TIFF"), (b"mm\x00*", "TIFF"),
)


def judged(head: bytes) -> str:
    """The kind of a file from its first `HEAD_BYTES`: a key of one of the tables above.

    Raises:
        MediaKindRefused: it is none of them.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "webm"
    if head[4:8] == b"ftyp":
        return _brand(head)
    lowered = head.lstrip()[:16].lower()
    for start, name in _OTHERS:
        if lowered.startswith(start):
            raise MediaKindRefused(name)
    raise MediaKindRefused("")


def _brand(head: bytes) -> str:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    compatible = {head[at : at + 4] for at in range(16, size - 3, 4)}
    for brands, kind in ((_AVIF, "avif"), (_HEIC, "heic"), (_VIDEO, "mp4")):
        if major in brands:
            return kind
    for brands, kind in ((_AVIF, "avif"), (_HEIC - {b"mif1", b"msf1"}, "heic"), (_VIDEO, "mp4")):
        if compatible & brands:
            return kind
    raise MediaKindRefused("ISO media")
