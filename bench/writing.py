"""Somebody who writes while others read: a like given and taken back, so many times a second.

Usage: python -m bench.writing BASE COOKIE NOTE_ID PER_SECOND
"""

from __future__ import annotations

import sys
import time

import httpx2


def main() -> None:
    """Write until killed."""
    base, cookie, note, per_second = sys.argv[1:5]
    with httpx2.Client(base_url=base, headers={"cookie": cookie}) as client:
        for turn in range(10**9):
            client.post(f"/n/{note}/{'unlike' if turn % 2 else 'like'}")
            time.sleep(1 / float(per_second))


if __name__ == "__main__":
    main()
