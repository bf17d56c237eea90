"""axe-core finds nothing serious on any page, in either language, light and dark."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from pysqlite3 import dbapi2

from tests.browser.test_conversation import joined
from tests.browser.test_using import entered

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent.parent.parent / "client" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}
WINDOWS_PX = (320, 390, 768, 1280)
GRAVE_FAULTS = """async (grave) => {
  const lesser = axe._audit.rules.filter((rule) => !grave.includes(rule.impact));
  const rules = Object.fromEntries(lesser.map((rule) => [rule.id, { enabled: false }]));
  const found = await axe.run({ resultTypes: ["violations"], rules });
  return found.violations.filter((rule) => grave.includes(rule.impact));
}"""
"""A rule's impact is that of all it finds: what can find nothing grave is not asked."""


def faults(page) -> list[str]:
    """Serious faults of a page, with where they are."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(GRAVE_FAULTS, sorted(GRAVE))
    return [
        f"{page.url}: {rule['id']} {[node['target'] for node in rule['nodes']][:3]}"
        for rule in found
    ]


def consent(server) -> str:
    """The page that asks whether an app may come in."""
    app = httpx2.post(f"{server.url}/api/v1/apps", data={
        "client_name": "Ivory", "scopes": "read write",
        "redirect_uris": "urn:ietf:wg:oauth:2.0:oob",
    }).json()
    asked = {"client_id": app["client_id"], "response_type": "code", "scope": "read write"}
    return f"/oauth/authorize?{urlencode(asked)}"


OPEN = (
    "/", "/?format=ask", "/following", "/search?q=egg", "/tags/cattax", "/tags/cattax?same=1", "/new",
    "/drafts", "/notices", "/about", "/settings/profile", "/settings/languages", "/settings/sessions",
    "/settings/account", "/settings/hidden", "/settings/interests", "/settings/feed",
    "/settings/export", "/settings/apps", "/waiting", "/arrive/bring", "/arrive/people",
    "/join", "/@juniper", "/@juniper?tab=boards", "/@juniper/followers", "/status", "/docs",
    "/offline", "/nothing-here", "/forgot", "/glossary", "/glossary?q=%E7%89%9B%E9%A9%AC",
    "/translations", "/rules", "/privacy", "/desk?every=1", "/invitations", "/operator/arrivals",
    "/operator/translation", "/operator/texts", "/operator/announcements", "/operator/cases",
    "/operator/feed", "/@tomato_ted/report",
)


def places(server, handle: str) -> list[str]:
    """Pages whose addresses hold a number, some of them the reader's own."""
    with dbapi2.connect(str(server.folder / "data" / "catflap.db")) as connection:
        def one(sql: str, *given: str) -> tuple:
            return connection.execute(sql, given).fetchone()

        cases = connection.execute("SELECT id FROM cases ORDER BY id").fetchall()
        newcomer, tax = one(
            "SELECT handle, note_id FROM cat_taxes JOIN people ON people.id = person_id"
            " WHERE stamps_count = 3"
        )
        board, = one("SELECT id FROM boards LIMIT 1")
        term, = one("SELECT term_id FROM glossary_versions LIMIT 1")
        own, = one(
            "SELECT notes.id FROM notes JOIN people ON people.id = author_id"
            " WHERE handle = ? AND root_id IS NULL", handle,
        )
    return [
        *(f"/operator/cases/{case}" for case, in cases), f"/@{newcomer}/keepsake",
        f"/n/{tax}/report", f"/@{newcomer}/{tax}", f"/glossary/{term}", f"/glossary/{term}/edit",
        f"/boards/{board}", f"/@{handle}/{own}", f"/n/{own}/edit", f"/n/{own}/delete",
        f"/n/{own}/history", consent(server),
    ]


def looked_at(page, url: str, *, width: int) -> list[str]:
    """What is wrong with a page: serious faults, and windows that it is wider than."""
    answer = page.goto(url)
    found = faults(page)
    if answer.status != (404 if url.endswith("/nothing-here") else 200):
        found.append(f"{url} answered {answer.status}")
    # Its own width last, in which the next page is looked at.
    for window in sorted(WINDOWS_PX, key=lambda window: (window == width, window)):
        page.set_viewport_size({"width": window, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > window:
            found.append(f"{url} is {wide} px wide in a window of {window}")
    return found


@pytest.mark.parametrize(
    ("handle", "locale", "width", "scheme"),
    [("juniper", "en-US", 390, "light"), ("阿橘", "zh-CN", 1280, "dark")],
)
def test_no_page_has_a_serious_fault_or_is_wider_than_the_window(
    browser, demo_server, handle, locale, width, scheme
):
    page = entered(browser, demo_server, handle, locale=locale, width=width)
    page.emulate_media(color_scheme=scheme)
    page.add_init_script(path=AXE)
    notes = [a.get_attribute("href") for a in page.locator(".card .face").all()[:4]]
    about = [a.get_attribute("href") for a in page.locator("a[href$='/about']").all()[:2]]
    wrong = []
    for path in (*OPEN, *places(demo_server, handle), *notes, *about):
        wrong += looked_at(page, demo_server.url + path, width=width)
    page.context.clear_cookies()
    for path in ("/", "/join", "/join/by-code", "/enter", notes[0]):
        wrong += looked_at(page, demo_server.url + path, width=width)
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize(
    ("locale", "width", "scheme"), [("en-US", 390, "light"), ("zh-CN", 1280, "dark")]
)
def test_where_nothing_is_yet_no_page_has_a_serious_fault_either(
    browser, server, locale, width, scheme
):
    page = joined(browser, server, handle="nobody_yet", locale=locale, width=width)
    page.emulate_media(color_scheme=scheme)
    page.add_init_script(path=AXE)
    wrong = []
    for path in ("/", "/following", "/notices", "/drafts", "/@nobody_yet", "/@nobody_yet?tab=boards",
                 "/search?q=biscuit", "/tags/cattax"):
        wrong += looked_at(page, server.url + path, width=width)
    assert wrong == []


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
