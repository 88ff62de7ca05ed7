"""Migrate the schema up and down, and report its state.

A migration uses two connections. The first connection opens a transaction that holds a lock until the migration ends.
The lock prevents concurrent migrations. The second connection runs the migration.

The lock belongs to the transaction instead of the session, because a pooler can give the session to another client.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from adapters.postgres.core.cancellation import run_interruptible, silence_abandoned_connections
from adapters.postgres.core.hosts import connect_to_any_host
from adapters.postgres.core.pooler import connect_args
from adapters.postgres.core.schema_revision import RELEASE, known_revisions
from adapters.postgres.core.schema_state import FIND_REVISION, FIND_STATE, SchemaState, state_parameters

T = TypeVar("T")

_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")
_ONE_AT_A_TIME = int.from_bytes(b"steelyrd", "big")
_LOCK_TIMEOUT = "5s"
"""The lock timeout of a migration.

It is short, because other statements queue behind a migration that waits for a lock.
"""

_POLL_SECONDS = 0.1


class UnknownRevision(Exception):
    """No migration of this release has this revision. The message names the known revisions."""


def upgrade(url: str, *, pooled: bool = False) -> None:
    """Migrate the database to the schema of this release.

    A newer schema that permits this release is not changed. If the function is called concurrently, one call migrates
    and the others wait. Call the function outside a running event loop: `asyncio.to_thread(upgrade, url)`.

    Raises:
        ReleaseOutdated: a newer release has migrated the database, and its schema does not permit this release.
    """
    run_interruptible(_migrate(url, _upgrade, pooled=pooled))


def downgrade(url: str, revision: str, *, pooled: bool = False) -> None:
    """Migrate the database down to a revision, or to an empty database (`base`).

    Data that the older schema cannot store is deleted.

    Raises:
        UnknownRevision: this release does not have the migration, or does not know the current revision of the
            database.
    """
    run_interruptible(_migrate(url, lambda connection: _downgrade(connection, revision), pooled=pooled))


def state(url: str, *, pooled: bool = False) -> SchemaState:
    return run_interruptible(_migrate(url, _state_of, is_exclusive=False, pooled=pooled))


async def _migrate(
    url: str, migrate: Callable[[Connection], T], *, is_exclusive: bool = True, pooled: bool = False
) -> T:
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=connect_args({"lock_timeout": _LOCK_TIMEOUT}, pooled=pooled),
    )
    connect_to_any_host(engine)
    try:
        with silence_abandoned_connections():
            async with AsyncExitStack() as stack:
                if is_exclusive:
                    await _take_turn(await stack.enter_async_context(engine.connect()))
                connection = await stack.enter_async_context(engine.connect())
                return await connection.run_sync(migrate)
    finally:
        await engine.dispose()


async def _take_turn(connection: AsyncConnection) -> None:
    """Wait until no other process runs a migration.

    A transaction of this connection then holds an advisory lock until the connection is closed. Between statements,
    the transaction has no snapshot, so that CREATE INDEX CONCURRENTLY does not wait for the transaction.
    """
    while not await connection.scalar(_TRY_LOCK, {"key": _ONE_AT_A_TIME}):
        await connection.rollback()
        await asyncio.sleep(_POLL_SECONDS)
    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _upgrade(connection: Connection) -> None:
    """Import Alembic and migrate only if needed. The import takes much of the startup time."""
    found = _state_of(connection)
    found.ensure_permits_release()
    if not found.has_needed_revision:
        _with_alembic(connection, "upgrade", "head")


def _downgrade(connection: Connection, revision: str) -> None:
    found = _state_of(connection)
    if found.is_newer:
        raise UnknownRevision(
            f"The database has schema revision {found.revision}, which release {RELEASE} does not know. "
            "Downgrade with the release that has added it."
        )
    known = known_revisions()
    if revision != "base" and revision not in known:
        raise UnknownRevision(f"There is no revision {revision}. Revisions are {min(known)} to {max(known)}.")
    if revision != "base" and revision > (found.revision or ""):
        raise UnknownRevision(
            f"The database has schema revision {found.revision}, which is older than {revision}."
        )
    _with_alembic(connection, "downgrade", revision)


def _state_of(connection: Connection) -> SchemaState:
    with connection.begin():
        if _has_table(connection, "schema_revisions"):
            return SchemaState.of_row(connection.execute(FIND_STATE, state_parameters()).one())
        has_schema = _has_table(connection, "alembic_version")
        return SchemaState.unrecorded(connection.scalar(FIND_REVISION) if has_schema else None)


def _has_table(connection: Connection, name: str) -> bool:
    return connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None


def _with_alembic(connection: Connection, command: str, revision: str) -> None:
    from alembic import command as commands  # noqa: PLC0415 - the import is slow, and most starts do not need it
    from alembic.config import Config  # noqa: PLC0415 - the import is slow, and most starts do not need it

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    getattr(commands, command)(config, revision)
