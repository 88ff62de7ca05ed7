"""The schema's way from nothing to today, and back.

Connections for migrations are direct ones, not through a pooler in transaction mode: the lock that keeps two
processes from migrating at once belongs to a session.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.postgres.core.schema_revision import needed_revision

_ONE_AT_A_TIME = int.from_bytes(b"steelyrd", "big")
_LOCK_TIMEOUT = "5s"
"""A migration that waits for a table's lock makes everybody behind it wait as well: better it fails and is repeated."""


def upgrade(url: str) -> None:
    """Bring the database to today's schema. Of several processes that start at once, one does it, the others wait.

    Do not call it from within a running event loop: `asyncio.to_thread(upgrade, url)` does.
    """
    asyncio.run(_migrate(url, _upgrade))


def downgrade(url: str, revision: str) -> None:
    """Take the database back to a revision, or to nothing (`base`), with all data that has no place there."""
    asyncio.run(_migrate(url, lambda connection: _with_alembic(connection, "downgrade", revision)))


async def _migrate(url: str, migrate: Callable[[Connection], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ONE_AT_A_TIME})
            await connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
            # Both belong to the session and outlast this: Alembic begins transactions of its own.
            await connection.commit()
            await connection.run_sync(migrate)
    except asyncio.CancelledError:
        # Ctrl-C: asyncpg abandons a future of the connection, and asyncio would log its error.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        raise
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    """Leave alone what is as it should be: to load Alembic takes a good part of a start."""
    if _revision_of(connection) != needed_revision():
        _with_alembic(connection, "upgrade", "head")


def _revision_of(connection: Connection) -> str | None:
    with connection.begin():
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def _with_alembic(connection: Connection, command: str, revision: str) -> None:
    from alembic import command as commands  # noqa: PLC0415 - most starts need not wait for it
    from alembic.config import Config  # noqa: PLC0415 - most starts need not wait for it

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    getattr(commands, command)(config, revision)
