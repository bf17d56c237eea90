"""Finds a Chromium for the browser tests, or installs Debian's when run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main() -> int:
    """Exit status 0 where a Chromium is there at the end."""
    if any(shutil.which(name) for name in NAMES):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update", "-qq"], ["install", "-y", "-qq", "chromium", "fonts-noto-cjk"]):
            subprocess.run(["apt-get", *command], check=False)  # noqa: S603, S607 - fixed words
        if any(shutil.which(name) for name in NAMES):
            return 0
    print("No Chromium for the browser tests: apt-get install chromium", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
