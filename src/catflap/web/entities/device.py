"""What a browser calls itself, in words that its owner would know it by."""

from __future__ import annotations

SHOWN_CHARS = 80
# The first that is found counts: most of them also claim to be those below.
BROWSERS = (
    ("MicroMessenger/", "WeChat"), ("SamsungBrowser/", "Samsung Internet"), ("OPR/", "Opera"),
    ("Edg", "Edge"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"), ("Chromium/", "Chromium"), ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """A browser and its system; what is neither, as an app's own name, is as it says."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " · ".join(filter(None, (browser, system))) if browser else agent[:SHOWN_CHARS]
