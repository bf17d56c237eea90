"""Takes the README's screenshots from a fresh demo: explore, a note, a keepsake."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools import chromium

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
DRAWN = ROOT / "build" / "drawn"
"""Where the tests keep the demo's pictures too, so that nobody draws them twice."""
VIEWS = (
    ("explore", "en", "en-US", "juniper", 390, 844, "phone"),
    ("note", "zh", "zh-CN", "阿橘", 1280, 860, "laptop"),
    ("keepsake", "en", "en-US", "juniper", 390, 1180, "phone"),
)


def main() -> None:
    """Write docs/pictures/*.png."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as data:
        catflap = [sys.executable, "-m", "catflap"]
        subprocess.run([*catflap, "demo", "--data", data, "--drawn", str(DRAWN)], check=True)  # noqa: S603
        server = subprocess.Popen([*catflap, "serve", "--data", data, "--port", str(port)])  # noqa: S603
        try:
            _wait(f"{base}/health/ready")
            _take(base)
        finally:
            server.terminate()
            server.wait()


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.1)
        else:
            return


def _take(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.found(), args=["--no-sandbox"]
        )
        for what, name, locale, handle, width, height, device in VIEWS:
            context = browser.new_context(
                locale=locale, viewport={"width": width, "height": height}
            )
            page = context.new_page()
            page.goto(f"{base}/enter")
            page.fill("#handle", handle)
            page.fill("#password", "meet me at the door")
            page.click("main form button.button")
            page.wait_for_url(f"{base}/")
            while page.locator(".announcement button:visible").count():
                page.locator(".announcement button:visible").first.click()
                page.wait_for_load_state()
            page.wait_for_timeout(1000)
            if what == "keepsake":
                page.goto(f"{base}/@juniper/keepsake")
                page.wait_for_timeout(1000)
            if what == "note":
                page.locator(".card:has(picture) .face").nth(1).click()
                page.wait_for_timeout(1000)
            page.screenshot(path=PICTURES / f"{what}-{name}-{device}.png")
        browser.close()


if __name__ == "__main__":
    main()
