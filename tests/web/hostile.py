"""Hostile inputs: what somebody with bad intent, or a broken program, sends.

Labels name each, so that a failure says which.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

OWNED = "window.__owned=1"

TEXTS: dict[str, str] = {
    "script": f"<script>{OWNED}</script>",
    "script in caps and broken": f"<ScRiPt\x0b>{OWNED}</sCrIpT >",
    "image with a handler": f"<img src=x onerror={OWNED}>",
    "svg with a handler": f"<svg/onload={OWNED}>",
    "out of an attribute": f'" autofocus onfocus="{OWNED}" x="',
    "out of a quoted attribute": f"' onmouseover='{OWNED}",
    "out of a text area": f"</textarea><script>{OWNED}</script>",
    "out of a title": f"</title><script>{OWNED}</script>",
    "out of a comment": f"--><script>{OWNED}</script><!--",
    "javascript link": f"javascript:{OWNED}",
    "javascript link in Markdown": f"[x](javascript:{OWNED})",
    "link with quotes": f'https://a.example/"onclick="{OWNED}',
    "link with angle brackets": f"https://a.example/<script>{OWNED}</script>",
    "data link": "data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19vd25lZD0xPC9zY3JpcHQ+",
    "meta refresh": f'<meta http-equiv="refresh" content="0;url=javascript:{OWNED}">',
    "base": '<base href="https://evil.example/">',
    "iframe": f'<iframe srcdoc="<script>parent.{OWNED}</script>"></iframe>',
    "template of Jinja": "{{ 7*7 }}{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}",
    "slot of ours": "\x00liked\x00 \x00cards\x00",
    "percent placeholders": "%(num)s %s %n %d {0} {}",
    "SQL": "'; DROP TABLE notes; --",
    "NUL": "a\x00b",
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f",
    "bidi overrides": "\u202eelttil a\u202c \u2066\u2067\u2069\u200f\u200e",
    "unclosed bidi": "\u202e\u202e\u202e\u2067 upside",
    "invisible": "\u200b\u200c\u200d\u2060\ufeff\u00ad",
    "zalgo": "".join(c + "\u0300\u0316\u0489" * 30 for c in "come in"),
    "homoglyphs": "јunірer kеерer",
    "joined emoji": "👩‍👩‍👧‍👦" * 200,
    "flags and tags": "🏴\U000e0067\U000e0062\U000e007f" * 50,
    "private and unassigned": "\ue000\U000f0000\U0010ffff\ufffe\uffff",
    "right to left": "\u0627\u0644\u0633\u0644\u0627\u0645 \u200f\u05e9\u05dc\u05d5\u05dd",
    "one long word": "w" * 4900,
    "one very long word": "漢" * 200_000,
    "deep nesting": "<div>" * 10_000 + "x" + "</div>" * 10_000,
    "many mentions": "@keeper " * 3000,
    "many tags": "#a" * 3000 + " " + " ".join(f"#t{k}" for k in range(2000)),
    "almost an address": "a" * 3000 + "@" + "b" * 3000,
    "almost a link": "http://" + "a." * 3000,
    "brackets": "⟦" * 2000 + "⟧" * 2000 + "⟦0⟧",
    "only spaces": " \t\r\n\u3000\u00a0" * 100,
}

RUNS = ("script", "image with a handler", "out of an attribute", "out of a title")
"""Labels of what would run where escaping is forgotten, short enough for a title."""

RAW_VALUES: dict[str, bytes] = {
    "invalid UTF-8": b"%ff%fe%80abc",
    "overlong slash": b"%c0%af%e0%80%af",
    "lone surrogates": b"%ed%a0%80%ed%bf%bf",
    "cut in a character": b"%e4%bd",
    "bad percent": b"%zz%1%",
    "raw high bytes": b"\xff\xfe\x00\xd8",
}

FIELDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("/join", "handle", {"password": "a decent password 9", "locale": "en"}),
    ("/join", "password", {"handle": "mallory2"}),
    ("/join", "email", {"handle": "mallory3", "password": "a decent password 9"}),
    ("/join", "locale", {"handle": "mallory4", "password": "short"}),
    ("/enter", "handle", {"password": "x"}),
    ("/enter", "password", {"handle": "keeper"}),
    ("/enter", "next", {"handle": "keeper", "password": "x"}),
    ("/forgot", "email", {}),
    ("/appearance", "theme", {}),
    ("/appearance", "locale", {}),
    ("/new", "title", {}),
    ("/new", "body", {}),
    ("/new", "tags", {"body": "tagged"}),
    ("/new", "place", {"body": "placed"}),
    ("/new", "warning", {"body": "warned"}),
    ("/new", "media", {"body": "with media"}),
    ("/new", "draft_id", {"body": "from a draft"}),
    ("/drafts", "body", {}),
    ("/drafts", "draft_id", {"body": "kept"}),
    ("/n/{note}/comments", "text", {}),
    ("/n/{note}/comments", "reply_to", {"text": "to whom"}),
    ("/n/{note}/collect", "new_board", {}),
    ("/n/{note}/collect", "board_id", {}),
    ("/n/{kept}/edit", "body", {}),
    ("/n/{kept}/delete", "sure", {}),
    ("/boards", "title", {}),
    ("/tags/cattax/proposals", "other", {}),
    ("/tags/cattax/proposals", "leaves", {}),
    ("/settings/profile", "name", {}),
    ("/settings/profile", "bio", {"name": "Mallory"}),
    ("/settings/profile", "home", {"name": "Mallory"}),
    ("/settings/languages", "reads", {}),
    ("/settings/account", "email", {}),
    ("/n/{note}/vote", "choice", {}),
    ("/n/{kept}/report", "message", {"category": "other"}),
    ("/n/{kept}/report", "category", {"message": "why"}),
    ("/n/{kept}/report", "rule", {"category": "violation"}),
    ("/settings/interests", "likes", {}),
    ("/settings/interests", "near", {"likes": "cats"}),
    ("/invitations", "uses", {"days": "7"}),
    ("/invitations", "days", {"uses": "1"}),
    ("/arrive/people/claim", "handle", {"network": "fediverse"}),
    ("/arrive/people/claim", "network", {"handle": "mallory"}),
    ("/rules", "text", {}),
    ("/rules", "hint", {"text": "Be kind."}),
    ("/glossary", "term", {"lang": "zh", "target": "en", "rendering": "a word"}),
    ("/glossary", "rendering", {"lang": "zh", "target": "en", "term": "某某"}),
    ("/glossary", "lang", {"term": "某个", "target": "en", "rendering": "x", "variants": "a，b"}),
)

PATHS: tuple[str, ...] = (
    "/%00", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/static/%00",
    "/static/../../app.py", "/static/..%2f..%2fapp.py", "/static/%2e%2e/%2e%2e/app.py",
    "/static//etc/passwd", "/static/dist/" + "a" * 4000, "/files/../catflap.db",
    "/files/..%2f..%2fcatflap.db", "/files/%2e%2e/%2e%2e/catflap.db", "/files/%00",
    "/files/" + "a/" * 500, "/files//etc/passwd", "/files/aa/x.webp%00.html",
    "/n/0", "/n/-1", "/n/99999999999999999999999", "/n/1e9", "/n/%D9%A1%D9%A2", "/n/%ff",
    "/n/1%00", "/n/ 1", "/n/+1", "/n/1_0", "/n/" + "9" * 4000,
    "/@", "/@%00", "/@%ff%fe", "/@%ed%a0%80", "/@" + "a" * 5000, "/@keeper/0",
    "/@keeper/%00", "/@keeper%2f..", "/@..", "/@%2e%2e/1", "/@keeper/followers?after=%00",
    "/tags/%00", "/tags/%ff", "/tags/" + "%23" * 300, "/tags/<script>", "/tags/" + "a" * 3000,
    "/tags/cattax/proposals/0/accept", "/tags/%ff/proposals/9/burn",
    "/boards/0", "/boards/-1", "/boards/%00", "/media/0", "/media/x", "/drafts/0/delete",
    "/settings/nothing", "/settings/%00", "/settings/../profile", "/reset/%00",
    "/reset/" + "t" * 3000, "/search?q=%00", "/search?q=%ff%fe", "/search?q=" + "%F0%9F%90%B1" * 600,
    "/search?q=" + "*" * 3000, "/search?q=%22%22%22)(", "/search?after=%00&q=cat",
    "/?after=%00", "/?after=AAAA", "/?after=" + "A" * 4000, "/?after=bnVsbA", "/?after=W10",
    "/?after=WzEsMl0", "/?after=WyJhIiwiYiJd", "/?after=WzFlOTk5LDFd", "/?after=W251bGwsbnVsbF0",
    "/?after=WzFlNDAwLCAtMV0", "/?after=Wy0xLC0xLC0xXQ", "/?format=%00", "/?format=<script>",
    "/?fragment=%00", "/following?after=WzFd", "/notices?after=WyJ4Il0", "/?a=1" + "&b=2" * 3000,
    "/enter?next=//evil.example", "/enter?next=https://evil.example", "/enter?next=/%5cevil.example",
    "/live?note=%00", "/live?note=99999999999999999999", "/health/../live", "/metrics/../",
    "//evil.example/..", "/%2F%2Fevil.example", "/.env", "/.git/config", "/wp-login.php",
)

HEADERS: tuple[tuple[str, str], ...] = (
    ("accept-language", "," * 5000), ("accept-language", "zh;q=x,en;q=-1,fr;q=1e999"),
    ("accept-language", "x" * 7000), ("accept-language", "\xff\xfe"),
    ("accept-language", "zh-" + "a-" * 2000), ("accept-encoding", "gzip;q=nan"),
    ("accept", "application/json" * 300), ("cookie", "catflap=" + "a" * 7000),
    ("cookie", "catflap=\x01\x02"), ("cookie", ";;;;=;=;catflap"), ("cookie", "catflap=\xff"),
    ("cookie", "locale=<script>; theme=<script>"), ("cookie", "theme=" + "d" * 4000),
    ("cookie", "; ".join(f"c{k}=v" for k in range(800))),
    ("range", "bytes=0-0,1-1" + ",2-2" * 1000), ("range", "bytes=9-1"), ("range", "cats=all"),
    ("range", "bytes=-999999999999999999999"), ("if-none-match", '"' * 4000),
    ("if-modified-since", "yesterday"), ("host", "evil.example"), ("host", ""),
    ("host", "a" * 3000), ("x-forwarded-for", "<script>, 1.2.3.4"), ("x-forwarded-for", "," * 4000),
    ("x-forwarded-host", "evil.example"), ("x-http-method-override", "DELETE"),
    ("content-length", "-1"), ("origin", "null"), ("referer", "javascript:alert(1)"),
    ("user-agent", f"<script>{OWNED}</script>"), ("user-agent", "\xff" * 2000),
    ("sec-fetch-site", "cross-site"), ("last-event-id", "x" * 5000), ("expect", "100-continue"),
    ("te", "trailers, deflate;q=0.5"), ("upgrade", "h2c"), ("connection", "upgrade, close"),
)

SOCKET_BYTES: dict[str, bytes] = {
    "no request": b"\r\n\r\n",
    "noise": bytes(range(256)) * 20,
    "endless line": b"GET /" + b"a" * 100_000,
    "many headers": b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 5000 + b"\r\n",
    "negative length": b"POST /enter HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\nhello",
    "two lengths": (
        b"POST /enter HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 50\r\n\r\nhello"
    ),
    "length and chunks": (
        b"POST /enter HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
        b"transfer-encoding: chunked\r\n\r\n5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n"
    ),
    "a chunk of wrong size": (
        b"POST /enter HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n"
    ),
    "a chunk too large to be": (
        b"POST /enter HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        b"ffffffffffffffffff\r\nhi\r\n"
    ),
    "body that ends early": b"POST /enter HTTP/1.1\r\nhost: x\r\ncontent-length: 999\r\n\r\nx",
    "another version": b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nhost: x\r\n folded\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nhost: x\r\na: b\x00c\r\n\r\n",
}


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    packed = zlib.compress(bytes(100_000), 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def files() -> Iterator[tuple[str, str, bytes]]:
    """Hostile files: label, claimed name, bytes."""
    real: dict[str, bytes] = {}
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        held = io.BytesIO()
        Image.linear_gradient("L").convert("RGB").save(held, kind)
        real[kind] = held.getvalue()
        for ratio in (0.02, 0.3, 0.9):
            cut = real[kind][: int(len(real[kind]) * ratio)]
            yield f"{kind} cut at {ratio}", f"a.{kind.lower()}", cut
    page = f"<html><script>{OWNED}</script></html>".encode()
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{OWNED}"><script>{OWNED}</script></svg>'
    yield "SVG with a script", "a.svg", svg.encode()
    yield "SVG called PNG", "a.png", svg.encode()
    yield "page called JPEG", "a.jpg", page
    yield "page after a JPEG", "a.jpg", real["JPEG"] + page
    yield "page in a GIF", "a.gif", real["GIF"][:13] + page + real["GIF"][13:]
    yield "PNG of 60,000 by 60,000", "a.png", _png_header(60_000, 60_000)
    yield "PNG of no size", "a.png", _png_header(0, 0)
    yield "PNG of 2^31", "a.png", _png_header(2**31 - 1, 2**31 - 1)
    yield "JPEG head on noise", "a.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256)) * 50
    yield "MP4 head on noise", "a.mp4", b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 50
    yield "MP4 box larger than all", "a.mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\xff\xff\xff\xfemoov"
    yield "WebM head on noise", "a.webm", b"\x1aE\xdf\xa3" + bytes(range(256)) * 50
    yield "zip", "a.jpg", b"PK\x03\x04" + bytes(1000)
    yield "gzip bomb", "a.jpg", zlib.compress(bytes(5_000_000), 9)
    yield "program", "a.jpg", b"\x7fELF" + bytes(1000)
    yield "empty", "a.jpg", b""
    yield "one byte", "a.jpg", b"\xff"
    yield "text", "a.jpg", "喵".encode() * 100
    yield "name with a path", "../../../../tmp/owned.jpg", real["JPEG"]
    yield "name with a NUL", "a\x00.jpg", real["JPEG"]
    yield "name with a script", f"<script>{OWNED}</script>.jpg", real["JPEG"]
    yield "21 MB", "a.jpg", real["JPEG"] + bytes(21_000_000)
