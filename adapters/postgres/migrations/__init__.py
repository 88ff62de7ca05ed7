"""The schema's way from nothing to today, and back.

Connections for migrations are direct ones, not through a pooler in transaction mode: the lock that keeps two
processes from migrating at once belongs to a session.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

_ONE_AT_A_TIME = int.from_bytes(b"steelyrd", "big")
_LOCK_TIMEOUT = "5s"
"""A migration that waits for a table's lock makes everybody behind it wait as well: better it fails and is repeated."""


def upgrade(url: str) -> None:
    """Bring the database to today's schema. Of several processes that start at once, one does it, the others wait.

    Do not call it from within a running event loop: `asyncio.to_thread(upgrade, url)` does.
    """
    _run(url, lambda config: command.upgrade(config, "head"))


def downgrade(url: str, revision: str) -> None:
    """Take the database back to a revision, or to nothing (`base`), with all data that has no place there."""
    _run(url, lambda config: command.downgrade(config, revision))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def _run(url: str, migrate: Callable[[Config], None]) -> None:
    asyncio.run(_migrate(url, migrate))


async def _migrate(url: str, migrate: Callable[[Config], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ONE_AT_A_TIME})
            await connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
            # Both belong to the session and outlast this: Alembic begins transactions of its own.
            await connection.commit()
            await connection.run_sync(_with_alembic, migrate)
    finally:
        await engine.dispose()


def _with_alembic(connection: Connection, migrate: Callable[[Config], None]) -> None:
    config = _config()
    config.attributes["connection"] = connection
    migrate(config)
