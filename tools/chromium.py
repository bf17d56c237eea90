"""Finds a Chromium for the browser tests, or installs Debian's when run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "chrome")
"""Best first: the shell is the same engine without windows of its own, at a quarter of the work."""
ADVICE = f"apt-get install {SHELL} fonts-noto-cjk"


def found() -> str | None:
    """Where a Chromium is, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """Exit status 0 where a Chromium is there at the end."""
    if found():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update", "-qq"], ["install", "-y", "-qq", SHELL, "fonts-noto-cjk"]):
            subprocess.run(["apt-get", *command], check=False)  # noqa: S603, S607 - fixed words
        if found():
            return 0
    print(f"No Chromium for the browser tests: {ADVICE}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
