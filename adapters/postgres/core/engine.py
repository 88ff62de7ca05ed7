"""The connections of one process, and how long anything may wait for them or on them."""

from datetime import timedelta

from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, PoolProxiedConnection

from adapters.postgres.core.database_clock import DatabaseClock, keep_time
from application.shared.clock import Clock

SERVER_SETTINGS = {
    "application_name": "steelyard",
    # Statements are short and prepared; compiling them to machine code never pays.
    "jit": "off",
    # Every statement has its indexes. A plan that is made while a table is small is kept while it grows, so it must
    # not be the plan for a small table, which reads it all.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
}
"""How a session begins. A pooler between service and server must let these through, or set them itself."""

STATEMENT_TIMEOUT = timedelta(seconds=5)
PUBLIC_READ_TIMEOUT = timedelta(seconds=1)
"""For reads that anyone can request: a costly search must not occupy a connection for longer."""

READ_ISOLATION = "read_isolation"
"""The engine's option for single reads. To prepare and to execute are two messages: a pooler needs a transaction
around them, where otherwise autocommit spares two journeys."""

CHECKING_SETTINGS = {
    "application_name": "steelyard check",
    "jit": "off",
    "lock_timeout": "2s",
    "statement_timeout": "10min",
}
"""How a session begins that reads whole tables: it may, and joins them as PostgreSQL thinks best."""

COMMAND_TIMEOUT = 8.0
"""Seconds for an answer. It is what ends the wait where the network has gone, and the server's own limits with it."""


def create_engine(
    url: str,
    *,
    pool_size: int = 10,
    checkout_timeout: float = 0.8,
    connect_timeout: float = 3.0,
    statement_timeout: timedelta = STATEMENT_TIMEOUT,
    clock: Clock | None = None,
) -> AsyncEngine:
    """Return an engine for a `postgresql+asyncpg://` URL. It connects when it is first used.

    `checkout_timeout` is how many seconds a caller waits for a connection before it gets Overloaded.
    `statement_timeout` is after how long the server cancels a statement. A `clock` that is a DatabaseClock is kept right
    by the connections.

    A URL that ends in `?prepared_statement_cache_size=0` says that there is a pooler in transaction mode between,
    such as PgBouncer: no statement is then prepared in one transaction and used in another.
    """
    pooled = _is_pooled(url)
    engine = create_async_engine(
        url,
        execution_options={READ_ISOLATION: "READ COMMITTED" if pooled else "AUTOCOMMIT"},
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=checkout_timeout,
        # The connection used last is used next, so that a quiet service keeps few of them warm.
        pool_use_lifo=True,
        # Statements have passwords' hashes and people's addresses in them.
        hide_parameters=True,
        connect_args={
            "server_settings": {
                **SERVER_SETTINGS,
                "statement_timeout": f"{statement_timeout // timedelta(milliseconds=1)}ms",
            },
            "command_timeout": COMMAND_TIMEOUT,
            "timeout": connect_timeout,
            **({"statement_cache_size": 0} if pooled else {}),
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connection)
    if isinstance(clock, DatabaseClock):  # a test may have set another one
        keep_time(engine, clock)
    return engine


def create_checking_engine(url: str) -> AsyncEngine:
    """Return an engine for what reads everything, now and then: its connections are closed after use.

    All its transactions read only, and each sees one state of the database.
    """
    return create_async_engine(
        url,
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "server_settings": CHECKING_SETTINGS,
            **({"statement_cache_size": 0} if _is_pooled(url) else {}),
        },
    )


def create_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return what makes the session of a unit of work."""
    return async_sessionmaker(engine, expire_on_commit=False)


def _is_pooled(url: str) -> bool:
    return make_url(url).query.get("prepared_statement_cache_size") == "0"


def _refuse_dead_connection(
    _dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Make the pool replace a connection that the server has closed.

    asyncpg has heard of it already, so that this costs nothing, where a pre-ping costs three journeys.
    """
    if record.driver_connection is None or record.driver_connection.is_closed():
        raise DisconnectionError
