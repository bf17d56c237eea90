"""A database's URL: ``sqlite:///path`` or ``postgresql://user:password@host/name``."""

from __future__ import annotations

from pathlib import Path

_SQLITE = "sqlite:///"


def sqlite_file(url: str) -> Path | None:
    """The file that a URL names, None where it names a PostgreSQL server."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def of_sqlite(file: Path) -> str:
    """The URL of a SQLite file."""
    return f"{_SQLITE}{file}"
