"""Nothing that is sent makes a fault, runs in a browser, or takes away what was there."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import re
import socket
from collections import Counter
from urllib.parse import quote, urlencode

import pytest
from PIL import Image
from pysqlite3 import dbapi2

from tests.conftest import Server
from tests.web import hostile

TIMEOUT_S = 20
PASSWORD = "a decent password 9"
BOUNDARY = "----hostile"
KEPT = (
    "SELECT id, handle, name, bio_key, home FROM people WHERE id = :p",
    """SELECT id, title_key, body_key, place_key, tags, visibility, withdrawn, revision
    FROM notes WHERE author_id = :p ORDER BY id""",
    """SELECT t.key, t.text FROM texts t JOIN notes n ON t.key IN (n.title_key, n.body_key)
    WHERE n.author_id = :p ORDER BY t.key""",
    "SELECT id, title_key, notes_count FROM boards WHERE owner_id = :p ORDER BY id",
    "SELECT id, fields, media FROM drafts WHERE owner_id = :p ORDER BY id",
    "SELECT id, note_id, folder, photo FROM media WHERE owner_id = :p ORDER BY id",
    "SELECT token_hash FROM sessions WHERE person_id = :p ORDER BY token_hash",
    "SELECT password_hash FROM credentials WHERE person_id = :p",
)
"""What is somebody's, table by table."""


class Sender:
    """Sends one request a connection, and remembers what went wrong."""

    def __init__(self, server: Server) -> None:
        self.port = server.port
        self.cookie = ""
        self.sent = 0
        self.wrong: list[str] = []
        self.accepted: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()

    def ask(
        self, label: str, method: str, path: str, body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """One request; a status of 500 or more, or no answer, is remembered."""
        self.sent += 1
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        given = {"connection": "close", **({"cookie": self.cookie} if self.cookie else {})}
        try:
            link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            given = {"host": f"127.0.0.1:{self.port}", **given, **(headers or {})}
            if body and "content-length" not in given:
                given["content-length"] = str(len(body))
            for name, value in given.items():
                link.putheader(name, value.encode("latin-1", "replace"))
            link.endheaders()
            with contextlib.suppress(OSError):  # refused before all was sent: the answer says why
                link.send(body)
            answer = link.getresponse()
            content = answer.read()
        except (http.client.HTTPException, ValueError, ConnectionError):
            return 0, {}, b""  # refused without words, or never sent
        except TimeoutError:
            self.wrong.append(f"no answer: {label}")
            return 0, {}, b""
        finally:
            link.close()
        self.statuses[answer.status] += 1
        if answer.status >= 500:
            self.wrong.append(f"{answer.status}: {label}")
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content

    def form(self, label: str, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """A form as a browser sends it; the status, and where it leads."""
        body = urlencode(fields, errors="surrogatepass").encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        status, headers, _ = self.ask(label, "POST", path, body, kind)
        return status, headers.get("location", "")

    def file(self, label: str, path: str, field: str, name: str, content: bytes) -> int:
        """A form with one file."""
        safe = name.replace('"', "%22").replace("\x00", "%00")
        head = (
            f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{field}"; filename="{safe}"'
            "\r\ncontent-type: image/jpeg\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "accept": "application/json"}
        return self.ask(label, "POST", path, body, kind)[0]

    def joins(self, handle: str) -> None:
        """Sign somebody up and go on as them."""
        self.cookie = ""
        _, headers, _ = self.ask(
            "joining", "POST", "/join", urlencode({"handle": handle, "password": PASSWORD}).encode(),
            {"content-type": "application/x-www-form-urlencoded"},
        )
        found = re.search(r"catflap=[^;]+", headers.get("set-cookie", ""))
        assert found, headers
        self.cookie = found[0]


def photo() -> bytes:
    held = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(held, "JPEG")
    return held.getvalue()


def kept_by(server: Server, handle: str) -> str:
    """Everything of somebody's in the database and the media folder, as one hash."""
    connection = dbapi2.connect(str(server.folder / "data" / "catflap.db"))
    [(person,)] = connection.execute("SELECT id FROM people WHERE handle = ?", (handle,))
    rows: list[object] = []
    for sql in KEPT:
        found = connection.execute(sql, {"p": person}).fetchall()
        assert found, sql
        rows.append(found)
    for (folder,) in connection.execute("SELECT folder FROM media WHERE owner_id = ?", (person,)):
        every = sorted((server.folder / "data" / "media" / folder).iterdir())
        rows += [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in every]
    connection.close()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def things_before(sender: Sender) -> str:
    """A person with a note, a photo, a comment, a board and a draft; the note's number."""
    sender.joins("keeper")
    media = sender.ask(
        "upload", "POST", "/media",
        f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'.encode()
        + photo() + f"\r\n--{BOUNDARY}--\r\n".encode(),
        {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "accept": "application/json"},
    )
    number = re.search(rb'"id":"(\d+)"', media[2])
    assert number, media
    _, where = sender.form(
        "note", "/new",
        {"title": "What was here", "body": "It stays.", "media": number[1].decode(), "tags": "kept",
         "place": "Home"},
    )
    note = where.rpartition("/")[2]
    assert note.isdigit(), where
    sender.form("comment", f"/n/{note}/comments", {"text": "And this."})
    sender.form("board", f"/n/{note}/collect", {"new_board": "Kept things"})
    sender.form("draft", "/drafts", {"body": "Not yet."})
    sender.form("profile", "/settings/profile", {"name": "Keeper", "bio": "Here first."})
    return note


@pytest.fixture(scope="session")
def attacked(tmp_path_factory):
    """A server after everything was thrown at it, by somebody signed in and by nobody."""
    folder = tmp_path_factory.mktemp("attacked")
    # Mallory runs the place, so that no form is refused before its fields are looked at.
    server = Server(
        folder, attempts_per_hour="100000", posts_per_hour="100000", operators="mallory"
    ).start()
    sender = Sender(server)
    kept = things_before(sender)
    sender.joins("mallory")
    _, where = sender.form("note", "/new", {"title": "Attack here", "body": "Comments below."})
    note = where.rpartition("/")[2]
    before = kept_by(server, "keeper")
    mallory = sender.cookie
    for label, text in hostile.TEXTS.items():
        for path, field, others in hostile.FIELDS:
            at = path.format(note=note, kept=kept)
            status, where = sender.form(f"{label} as {field} of {path}", at, {**others, field: text})
            if status == 303 and "/@mallory/" in where:
                sender.accepted[f"{label} as {field}" if field != "body" else label] = where
            sender.cookie = mallory
    for label, value in hostile.RAW_VALUES.items():
        for path, field, others in hostile.FIELDS:
            body = urlencode(others).encode() + b"&" + field.encode() + b"=" + value
            kind = {"content-type": "application/x-www-form-urlencoded"}
            sender.ask(f"{label} as {field}", "POST", path.format(note=note, kept=kept), body, kind)
    for path in hostile.PATHS:
        for cookie in (mallory, ""):
            sender.cookie = cookie
            if not path.startswith("/live"):
                sender.ask(path[:60], "GET", path.replace(" ", "%20"))
            sender.ask(f"POST {path[:60]}", "POST", path.replace(" ", "%20"), b"x=1")
    sender.cookie = mallory
    for name, value in hostile.HEADERS:
        for path in ("/", "/static/favicon.svg", f"/n/{kept}"):
            sender.ask(f"{name}: {value[:30]}", "GET", path, headers={name: value})
    for label, name, content in hostile.files():
        for path, field in (
            ("/media", "file"), ("/settings/profile", "avatar"), (f"/n/{note}/comments", "photos"),
            ("/new", "files"),
        ):
            sender.file(f"{label} at {path}", path, field, name, content)
    _bodies(sender, note)
    _sockets(sender)
    yield server, sender, before
    server.stop()


def _bodies(sender: Sender, note: str) -> None:
    """Bodies of 10 MB and bodies that are not what they claim."""
    kinds = (
        "application/x-www-form-urlencoded", f"multipart/form-data; boundary={BOUNDARY}",
        "multipart/form-data", "multipart/form-data; boundary=" + "b" * 5000, "application/json",
        "text/html", "", "multipart/form-data; boundary=\x01",
    )
    bodies = {
        "10 MB of one field": b"body=" + b"a" * 10_000_000,
        "10 MB of fields": b"a=b&" * 2_500_000,
        "10 MB of nothing": bytes(10_000_000),
        "10 MB of JSON": b"[" * 10_000_000,
        "parts without end": (f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="x"\r\n\r\n').encode() * 5000,
        "part without head": f"--{BOUNDARY}\r\n\r\n\r\n--{BOUNDARY}--".encode(),
        "half a boundary": f"--{BOUNDARY[:5]}".encode(),
        "200 files": b"".join(
            f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="files"; filename="{k}"\r\n\r\nx\r\n'.encode()
            for k in range(200)
        ) + f"--{BOUNDARY}--".encode(),
    }
    for label, body in bodies.items():
        for kind in kinds:
            for path in ("/new", f"/n/{note}/comments", "/enter"):
                if len(body) < 10_000_000 or kind in kinds[:2]:
                    sender.ask(f"{label} as {kind[:30]}", "POST", path, body, {"content-type": kind})


def _sockets(sender: Sender) -> None:
    """Bytes that are no HTTP."""
    for content in hostile.SOCKET_BYTES.values():
        sender.sent += 1
        with socket.create_connection(("127.0.0.1", sender.port), timeout=TIMEOUT_S) as link:
            link.sendall(content)
            link.settimeout(0.3)
            try:
                link.recv(1000)
            except OSError:
                continue


def test_hostile_inputs_never_make_a_fault(attacked):
    server, sender, _ = attacked
    assert sender.sent >= 500
    assert min(sender.statuses[status] for status in (200, 303, 404, 422)) > 20, sender.statuses
    assert sender.wrong == []
    log = server.log()
    assert "Traceback" not in log
    assert '"fault"' not in log


def test_hostile_inputs_take_nothing_away(attacked):
    server, sender, before = attacked
    assert kept_by(server, "keeper") == before
    sender.cookie = ""
    assert sender.ask("ready", "GET", "/health/ready")[0] == 200
    assert not (server.folder.parent / "owned.jpg").exists()


def test_a_refusal_says_why(attacked):
    _, sender, _ = attacked
    sender.joins("asker")
    body = urlencode({"body": "a" * 5001}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded", "accept-language": "zh-CN"}
    status, _, page = sender.ask("too long", "POST", "/new", body, kind)
    assert status == 422
    assert "5000" in page.decode() or "5,000" in page.decode()
    assert "a" * 5001 in page.decode()


def test_what_was_uploaded_is_served_as_what_it_is(attacked):
    _, sender, _ = attacked
    sender.cookie = ""
    _, _, page = sender.ask("a note", "GET", next(iter(sender.accepted.values())))
    served = set(re.findall(r'(?:src|href)="(/files/[^"]+)"', page.decode()))
    _, _, page = sender.ask("explore", "GET", "/")
    served |= set(re.findall(r'(?:src|href)="(/files/[^"]+)"', page.decode()))
    for path in served:
        _, headers, _ = sender.ask(path, "GET", path)
        assert headers["content-type"] in ("image/webp", "image/avif", "video/mp4")
        assert headers["x-content-type-options"] == "nosniff"
    for path in ("/files/aa/none.svg", "/files/../catflap.db"):
        assert sender.ask(path, "GET", path)[0] in (404, 400, 0)


@pytest.mark.browser
def test_hostile_inputs_never_run_in_a_browser(attacked, browser):
    server, sender, _ = attacked
    page = browser.new_context(locale="en-US").new_page()
    seen: list[str] = []
    page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on(
        "console",
        lambda line: seen.append(line.text) if "Content Security Policy" in line.text else None,
    )
    page.on("pageerror", lambda error: seen.append(str(error)))
    paths = ["/", "/@mallory", "/@mallory?tab=boards", "/search?q=script", "/tags/script", "/about"]
    paths += [f"/search?q={quote(hostile.TEXTS['script'])}", f"/tags/{quote('<script>')}"]
    bodies = [sender.accepted[label] for label in hostile.TEXTS if label in sender.accepted]
    titles = [sender.accepted[f"{label} as title"] for label in hostile.RUNS]
    for path in [*paths, *bodies, *titles]:
        page.goto(server.url + path, wait_until="load")
        assert page.evaluate("window.__owned") is None, path
        foreign = page.evaluate(
            "[...document.querySelectorAll('script:not([src]), iframe, base, object, embed, "
            "[onerror], [onload], [onfocus], [onmouseover], [onclick], a[href^=\"javascript:\" i], "
            "a[href^=\"data:\" i], meta[http-equiv=refresh]')].map(e => e.outerHTML.slice(0, 80))"
        )
        assert foreign == [], path
    assert seen == []
