"""Instants as platforms write them down."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_WRITTEN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?)?"
    r"\s*(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d))?",
    re.ASCII | re.IGNORECASE,
)
_FIRST = datetime(1990, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000
"""A number of seconds so large would be in the year 5138, so it counts milliseconds."""


def instant(value: object) -> datetime | None:
    """The instant that a date stands for, None where it stands for none.

    Taken are ``2024-01-31 12:30:00``, the same with ``UTC``, ISO 8601 with its zones, and seconds
    or milliseconds since 1970 as a number or in digits. A date without a zone is in UTC, as the
    platforms that write such say.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if text.isascii() and text.isdigit() and 8 <= len(text) <= 13:
            return _from_number(int(text))
        return _from_text(text)
    return _from_number(value) if isinstance(value, (int, float)) else None


def _from_number(number: float) -> datetime | None:
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    if not 0 < seconds < 7_258_118_400:
        return None
    return _sane(datetime.fromtimestamp(seconds, tz=UTC))


def _from_text(text: str) -> datetime | None:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    sign, zone_hours, zone_minutes = found.groups()[6:]
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        made = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return _sane(made.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _sane(made: datetime) -> datetime | None:
    return made if _FIRST <= made < _LAST else None
