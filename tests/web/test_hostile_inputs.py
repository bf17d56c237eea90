"""Hostile inputs: never a 500, never executed, nothing lost of what was there before."""

from __future__ import annotations

import io
import random
import struct
import zlib

import httpx2
from PIL import Image

from tests.conftest import Server

NASTY = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</textarea><svg onload=alert(1)>",
    "\u202egnp.exe", "a\u0000b", "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    "раураl", "juniреr", "👨‍👩‍👧‍👦" * 300, "x" * 20_000, "'; DROP TABLE notes; --", "{{ 7*7 }}", "%s%s%n",
    "../../etc/passwd", "\r\nSet-Cookie: a=b", "\x00likes\x00", "⟦0⟧⟦1⟧", "١٢٣", "-1", "9" * 40, "NaN", "\ufeff",
    "javascript:alert(1)", "[x](javascript:alert(1))", "@" * 500, "#" * 500, "http://" + "a" * 5000, "\u2028\u2029",
]
FIELDS = ["title", "body", "tags", "place", "warning", "visibility", "format", "media", "draft_id", "text", "reply_to"]
PATHS = ["/n/{}", "/@{}", "/@a/{}", "/tags/{}", "/boards/{}", "/files/{}", "/static/{}", "/media/{}", "/reset/{}",
         "/search?q={}", "/?after={}", "/?format={}", "/@juniper?tab={}", "/notices?after={}", "/live?note={}",
         "/n/1/texts/{}", "/new?draft={}", "/enter?next={}", "/n/{}/history", "/settings/{}"]


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def files() -> dict[str, bytes]:
    """Media that lie, and what a refusal of each is worth."""
    buffer = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(buffer, "JPEG")
    whole = buffer.getvalue()
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
    made = {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "html": b"<!doctype html><script>alert(1)</script>", "zip": b"PK\x03\x04" + b"\0" * 500, "empty": b"\0",
        "bomb": bomb, "mp4": b"\0\0\0\x18ftypisom\0\0\0\0isomiso2" + b"\xff" * 400, "gif": b"GIF89a" + b"\xff" * 300,
        "avif": b"\0\0\0\x18ftypavif" + b"\0" * 300, "heic": b"\0\0\0\x18ftypheic" + b"\0" * 300,
    }
    rng = random.Random(5)
    for cut in range(10, len(whole), len(whole) // 12):
        made[f"cut{cut}"] = whole[:cut]
    for n in range(12):
        made[f"noise{n}"] = rng.choice([b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n"]) + rng.randbytes(400)
    return made


def test_five_hundred_hostile_inputs_do_no_harm(server: Server):
    count = 0
    with httpx2.Client(base_url=server.url, timeout=30) as client:

        def ask(method: str, path: str, **given) -> httpx2.Response:
            nonlocal count
            count += 1
            answer = client.request(method, path, **given)
            assert answer.status_code < 500, (method, path[:80], str(given)[:200], answer.status_code)
            return answer

        joined = client.post("/join", data={"handle": "juniper", "password": "correct horse 9", "reads": "en"})
        session = joined.cookies["catflap"]
        client.cookies.clear()
        signed = {"cookie": f"catflap={session}"}
        here = client.post("/new", data={"title": "Still here", "body": "untouched"}, headers=signed).headers["location"]
        number = here.rpartition("/")[2]

        for text in NASTY:
            for path in PATHS:
                quoted = httpx2.QueryParams({"q": text})
                ask("GET", path.replace("{}", str(quoted)[2:][:3000]), headers=signed if "live" not in path else {})
            ask("POST", "/join", data={"handle": text, "password": "another horse 7", "reads": text})
            ask("POST", "/enter", data={"handle": text, "password": text})
            ask("POST", "/search", data={"q": text})
            for field in FIELDS:
                ask("POST", "/new", data={"body": "b", field: text}, headers=signed)
            for field in ("text", "reply_to"):
                ask("POST", f"/n/{number}/comments", data={"text": "c", field: text}, headers=signed)
            ask("POST", "/drafts", data={"body": text, "media": text}, headers=signed)
            ask("POST", "/settings/profile", data={"name": text, "bio": text, "home": text}, headers=signed)
        for body in (b"\xff\xfe=%zz&body=%ff%fe", b"%00=%00", b"a" * 100_000, b"=&=&=", b"body=" + b"\xc3\x28" * 50):
            ask("POST", "/new", content=body, headers={**signed, "content-type": "application/x-www-form-urlencoded"})
            ask("POST", "/new", content=body, headers={**signed, "content-type": "multipart/form-data; boundary=x"})
            ask("POST", "/drafts", content=body, headers={**signed, "content-type": "multipart/form-data"})
        assert ask("POST", "/drafts", content=b"x" * 10_000_000, headers=signed).status_code == 413
        for name, data in files().items():
            answer = ask("POST", "/media", files={"file": (f"{name}.jpg", data, "image/jpeg")}, headers=signed)
            assert name == "mp4" or 400 <= answer.status_code < 500, (name, answer.status_code)
        for header, value in [("accept-language", "zz;q=x,,,"), ("range", "bytes=9-1"), ("cookie", "catflap=\xe9"),
                              ("sec-fetch-site", "nonsense"), ("accept", "application/json")]:
            ask("GET", "/", headers={header: value.encode("latin-1")})
        cross = ask("POST", f"/n/{number}/delete", headers={**signed, "sec-fetch-site": "cross-site"})
        assert cross.status_code == 403
        away = ask("POST", "/appearance?back=//evil.example", data={"theme": "dark"})
        assert away.headers["location"] == "/"

        page = client.get(here, headers=signed).text
        everything = page + client.get("/", headers=signed).text + client.get("/@juniper", headers=signed).text
        assert "Still here" in page
        assert "untouched" in page
        assert "<script>alert" not in everything
        assert "onerror=alert(1)>" not in everything.replace("&gt;", "")
        assert 'href="javascript:' not in everything
    assert count >= 500
    assert '"event": "fault"' not in server.log()
