"""A web client of somebody else's, built on masto.js and served from another origin.

No web client can be installed from a registry, so a page of the test's own stands for them: it
registers, asks for consent with PKCE, posts a photo, and hears through masto.js's streaming.
"""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_conversation import joined, photo
from tests.conftest import free_port
from tests.mastodon.app import signed_in

pytestmark = pytest.mark.browser
PAGE = Path(__file__).parent / "another_client"
CLIENT = Path(__file__).parents[2] / "client"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *said: object) -> None:
        """Nothing is said."""


@pytest.fixture
def another_client(tmp_path):
    """The page's address, bundled as its maker would and served by a server of its own."""
    built = tmp_path / "built"
    asked = {
        "root": str(PAGE), "logLevel": "warn", "configFile": False,
        "resolve": {"alias": {"masto": str(CLIENT / "node_modules/masto")}},
        "build": {"outDir": str(built), "minify": False, "target": "es2022"},
    }
    script = f"import {{ build }} from 'vite'; await build({json.dumps(asked)});"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], cwd=CLIENT, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    serving = http.server.ThreadingHTTPServer(
        ("127.0.0.1", free_port()), functools.partial(Quiet, directory=str(built))
    )
    thread = threading.Thread(target=serving.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_address[1]}/"
    serving.shutdown()
    serving.server_close()
    thread.join()


def test_a_client_from_elsewhere_signs_in_posts_a_photo_and_sees_a_reply_stream_in(
    browser, server, another_client, tmp_path
):
    page = joined(browser, server, handle="juniper", locale="en-US", width=800)
    page.goto(f"{another_client}?server={server.url}")
    page.click("button[value=yes]")
    expect(page.locator("#me")).to_have_text("juniper", timeout=15000)
    page.set_input_files("#file", str(photo(tmp_path / "cat.jpg", (40, 10, 0))))
    page.fill("#words", "Paying my #cattax from elsewhere")
    page.click("#post button")
    expect(page.locator("#home li")).to_contain_text("Paying my", timeout=15000)
    expect(page.locator("#more")).to_contain_text('rel="next"')
    with signed_in(server, "阿橘", reads="zh") as aju:
        [note] = aju.json("GET", "/api/v1/timelines/public")
        assert note["media_attachments"][0]["description"] == "A cat"
        aju.json("POST", "/api/v1/statuses", json={"status": "欢迎!", "in_reply_to_id": note["id"]})
    expect(page.locator("#heard li")).to_contain_text("mention: ", timeout=15000)
    expect(page.locator("#heard li")).to_contain_text("欢迎")
    expect(page.locator("#fault")).to_be_empty()
