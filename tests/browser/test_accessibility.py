"""axe-core finds nothing serious on any page, in either language, light and dark."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from pysqlite3 import dbapi2

from catflap.demo import seeding
from tests.browser.test_conversation import joined, published

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent.parent.parent / "client" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}


def faults(page) -> list[str]:
    """Serious faults of a page, with where they are."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run({resultTypes: ['violations']})).violations")
    return [
        f"{page.url}: {rule['id']} {[node['target'] for node in rule['nodes']][:3]}"
        for rule in found
        if rule["impact"] in GRAVE
    ]


def consent(server) -> str:
    """The page that asks whether an app may come in."""
    app = httpx2.post(f"{server.url}/api/v1/apps", data={
        "client_name": "Ivory", "scopes": "read write",
        "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
    }).json()
    asked = {"client_id": app["client_id"], "response_type": "code", "scope": "read write"}
    return f"/oauth/authorize?{urlencode(asked)}"


@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en-US", 390, "light"), ("zh-CN", 1280, "dark")]
)
def test_no_page_has_a_serious_fault(browser, server, tmp_path, locale, width, scheme):
    page = joined(browser, server, handle="juniper", locale=locale, width=width)
    page.emulate_media(color_scheme=scheme)
    note = published(page, tmp_path)
    page.fill("#text", "收到！税已入库 🐱")
    page.click(".write-comment button.button")
    page.locator(".comment").wait_for()
    page.locator("button.like").first.click()
    page.locator("button.like[aria-pressed=true]").first.wait_for()
    number = note.rpartition("/")[2]
    paths = [
        "/", "/following", f"/@juniper/{number}", "/new", "/drafts", "/@juniper", "/notices",
        "/@juniper?tab=boards", "/@juniper/followers", f"/n/{number}/edit", f"/n/{number}/delete",
        f"/n/{number}/history", "/settings/profile", "/settings/languages", "/settings/sessions",
        "/settings/account", "/settings/hidden", "/settings/interests", "/waiting", "/arrive/bring", "/arrive/people", "/settings/export",
        "/join", "/about", "/search?q=biscuit", "/tags/cattax",
        "/tags/cattax?same=1", "/settings/apps", consent(server),
        "/offline", "/nothing-here", "/forgot", "/glossary", "/glossary?q=" + "%E7%89%9B%E9%A9%AC",
        "/translations", "/settings/feed", "/status", "/docs",
    ]
    paths += [a.get_attribute("href") for a in page.locator("a[href$='/about']").all()[:2]]
    every = []
    for path in paths:
        page.goto(server.url + path)
        every += faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide"
    page.context.clear_cookies()
    for path in ("/", "/join", "/join/by-code", "/enter", f"/@juniper/{number}"):
        page.goto(server.url + path)
        every += faults(page)
    assert every == []


def places(server) -> list[str]:
    """Pages of the demo that a fresh community has nothing on, and those of operators."""
    with dbapi2.connect(str(server.folder / "data" / "catflap.db")) as connection:
        cases = connection.execute("SELECT id FROM cases ORDER BY id").fetchall()
        handle, tax = connection.execute(
            "SELECT handle, note_id FROM cat_taxes JOIN people ON people.id = person_id"
            " WHERE stamps_count = 3"
        ).fetchone()
        board, = connection.execute("SELECT id FROM boards LIMIT 1").fetchone()
        term, = connection.execute("SELECT term_id FROM glossary_versions LIMIT 1").fetchone()
    return [
        "/rules", "/about", "/privacy", "/desk?every=1", "/invitations", "/operator/arrivals",
        "/operator/translation", "/operator/texts", "/operator/announcements", "/operator/cases",
        *(f"/operator/cases/{case}" for case, in cases), f"/@{handle}/keepsake", f"/n/{tax}/report",
        "/@tomato_ted/report", f"/@{handle}/{tax}", f"/glossary/{term}", f"/glossary/{term}/edit",
        "/operator/feed", f"/boards/{board}",
    ]


@pytest.mark.parametrize(
    ("handle", "width", "scheme"), [("juniper", 390, "light"), ("阿橘", 1280, "dark")]
)
def test_no_page_of_a_living_community_has_a_serious_fault(
    browser, demo_server, handle, width, scheme
):
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, service_workers="block"
    )
    page = context.new_page()
    page.goto(f"{demo_server.url}/enter")
    page.fill("#handle", handle)
    page.fill("#password", seeding.PASSWORD)
    page.click("main form button.button")
    page.wait_for_url(f"{demo_server.url}/")
    every = []
    for path in places(demo_server):
        answer = page.goto(demo_server.url + path, wait_until="domcontentloaded")
        assert answer.status == 200, path
        every += faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} px wide"
    context.close()
    assert every == []


def test_pages_weigh_little(browser, server):
    page = joined(browser, server, handle="juniper", locale="en-US", width=390)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    kinds = {"Document", "Stylesheet", "Script"}
    wanted: set[str] = set()
    sizes: list[int] = []
    session.on("Network.responseReceived", lambda e: e["type"] in kinds and wanted.add(e["requestId"]))
    session.on(
        "Network.loadingFinished",
        lambda e: e["requestId"] in wanted and sizes.append(e["encodedDataLength"]),
    )
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send("Network.setBypassServiceWorker", {"bypass": True})
    for path in ("/", "/new", "/join", "/settings/languages"):
        sizes.clear()
        page.goto(server.url + path)
        page.wait_for_timeout(800)
        assert len(sizes) >= 3, path
        assert sum(sizes) < 60_000, (path, sizes)
