"""Bringing a database to the schema that this code needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from catflap.ground.database_url import sqlite_file

NEWEST = "0024"
_FOLDER = Path(__file__).parent


def _upgrade(connection: Any, to: str) -> None:
    from alembic import command  # 150 ms that only a database behind has to wait for
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


async def upgrade(url: str, *, to: str = "head") -> None:
    """Run every step that a database has not had, up to ``to``. Safe to run twice."""
    path = sqlite_file(url)
    if path is not None:
        import sqlalchemy as sa

        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            "sqlite://", creator=lambda: dbapi2.connect(str(path)), poolclass=sa.pool.NullPool
        )
        with engine.begin() as connection:
            _upgrade(connection, to)
        engine.dispose()
        return
    from sqlalchemy.ext.asyncio import create_async_engine

    asynchronous = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with asynchronous.begin() as connection:
        await connection.run_sync(_upgrade, to)
    await asynchronous.dispose()


async def standing(url: str) -> str | None:
    """The step a database stands at, None for an empty one; asked without loading Alembic."""
    path = sqlite_file(url)
    if path is not None:
        if not path.exists():
            return None
        connection = dbapi2.connect(str(path))
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except dbapi2.OperationalError:
            return None
        finally:
            connection.close()
        return str(row[0]) if row else None
    import asyncpg

    link = await asyncpg.connect(url)
    try:
        found = await link.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await link.close()
    return str(found) if found else None


async def is_behind(url: str) -> bool:
    """Whether a database lacks a step."""
    return await standing(url) != NEWEST


async def upgrade_if_behind(url: str) -> None:
    """`upgrade`, where it is needed."""
    if await is_behind(url):
        await upgrade(url)
