"""Which database stands behind a URL.

Apart from `database`, which the backends themselves stand on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catflap.ground.database import Database
from catflap.ground.database_url import sqlite_file


def database_at(
    url: str, *, subscriptions: Mapping[str, Sequence[str]] | None = None, durable: bool = True
) -> Database:
    """The database behind a URL, which `database_url` describes.

    ``durable`` on SQLite waits for the disk at each commit (``synchronous=FULL``); without it, a
    power cut may take the last moments, a killed process never does.
    """
    file = sqlite_file(url)
    if file is not None:
        from catflap.ground.sqlite import SQLite  # one driver is enough in memory

        return Database(SQLite(str(file), durable=durable), subscriptions)
    from catflap.ground.postgres import PostgreSQL

    return Database(PostgreSQL(url), subscriptions)
