"""Sign-ins are listed by names that their owners would know a browser by."""

from __future__ import annotations

import pytest

from catflap.web.entities.device import device_name

IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
ANDROID = "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(("agent", "name"), [
    (f"{IOS}Version/18.0 Mobile/15E148 Safari/604.1", "Safari · iPhone"),
    (f"{IOS}CriOS/131.0 Mobile/15E148 Safari/604.1", "Chrome · iPhone"),
    (f"{IOS}Mobile/15E148 MicroMessenger/8.0.50", "WeChat · iPhone"),
    (f"{WINDOWS}Chrome/131.0.0.0 Safari/537.36 Edg/131.0", "Edge · Windows"),
    (f"{ANDROID}SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36", "Samsung Internet · Android"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox · Linux"),
    ("python-httpx/0.27", "python-httpx/0.27"),
    ("y" * 200, "y" * 80),
    ("", ""),
])
def test_a_browser_is_named_with_its_system_and_anything_else_as_it_says(agent, name):
    assert device_name(agent) == name
