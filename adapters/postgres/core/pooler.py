"""Connections through a connection pooler in transaction mode, such as PgBouncer.

The pooler can assign each transaction to another session of the server. Therefore nothing may depend on a session.
Statements have no names. A direct connection sends its settings once, at its start. Through a pooler, each
transaction begins with these settings.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.postgres.core.cancellation import run_interruptible, silence_abandoned_connections
from adapters.postgres.core.hosts import connect_to_any_host

_PROBE = {"lock_timeout": "2999ms"}
_FIND_SESSION = text("SELECT pg_backend_pid() AS process, current_setting('lock_timeout') AS lock_timeout")


class ConnectionState(NamedTuple):
    is_pooled: bool
    """Whether a pooler is between this process and the server."""
    has_settings: bool
    """Whether settings that are sent with a transaction take effect."""


def connect_args(settings: Mapping[str, str], *, pooled: bool) -> dict[str, Any]:
    """Return arguments with which asyncpg connects and applies the server's settings."""
    if not pooled:
        return {"server_settings": settings}
    return {
        "connection_class": _pooled_connection(settings),
        # Statements have no names and are not cached. The server therefore parses a statement at
        # each execution.
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: "",
    }


def connection_state(url: str) -> ConnectionState:
    """Connect to the database. Detect whether a pooler is used, and whether settings take effect.

    Do not call this function in a running event loop. Raises the errors of asyncpg and SQLAlchemy.
    """
    return run_interruptible(_connection_state(url))


def _pooled_connection(settings: Mapping[str, str]) -> type[asyncpg.Connection]:
    set_all = " ".join(f"SET LOCAL {name} = '{value}';" for name, value in settings.items())

    class PooledConnection(asyncpg.Connection):  # type: ignore[misc] # the base class is Any, because asyncpg has no types
        """A connection that sends the settings together with the BEGIN of each transaction."""

        async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109 - the overridden method of asyncpg has this parameter
            if query.startswith("BEGIN"):
                query = f"{query} {set_all}"
            status: str = await super().execute(query, *args, timeout=timeout)
            return status

    return PooledConnection


async def _connection_state(url: str) -> ConnectionState:
    engine = create_async_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args=connect_args(_PROBE, pooled=True)
    )
    connect_to_any_host(engine)
    try:
        with silence_abandoned_connections():
            async with engine.connect() as connection:
                session = (await connection.execute(_FIND_SESSION)).one()
                driver = (await connection.get_raw_connection()).driver_connection
                assert driver is not None
                return ConnectionState(
                    # A pooler reports its own number instead of the server's process id.
                    is_pooled=driver.get_server_pid() != session.process,
                    has_settings=session.lock_timeout == _PROBE["lock_timeout"],
                )
    finally:
        await engine.dispose()
