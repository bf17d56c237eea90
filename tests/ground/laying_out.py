"""A database of a few tables, for tests of what stands below every feature."""

from __future__ import annotations

from pathlib import Path

from pysqlite3 import dbapi2

from catflap.ground.database import Database
from catflap.ground.opening import database_at


def laid_out(path: Path, schema: str) -> Database:
    """A new SQLite file with the tables of ``schema``, open."""
    connection = dbapi2.connect(str(path))
    connection.executescript(schema)
    connection.close()
    return database_at(f"sqlite:///{path}")
