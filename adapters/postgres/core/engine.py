"""The database connections of one process, and their timeouts."""

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

from pydantic_core import from_json
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, NullPool, PoolProxiedConnection

from adapters.postgres.core.database_clock import DatabaseClock, keep_time
from adapters.postgres.core.errors import READ_ONLY, sqlstate
from adapters.postgres.core.hosts import ACCEPTS_WRITES, connect_to_any_host
from adapters.postgres.core.pooler import connect_args
from application.shared.ports import Clock

SERVER_SETTINGS = {
    "application_name": "steelyard",
    # Statements are short. Compiling them to machine code would take more time than it saves.
    "jit": "off",
    # PostgreSQL may cache a plan while a table is small, and still use it after the table has grown.
    # Therefore each plan must use an index. Every statement has a suitable index.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
}
"""Settings of each session, or of each transaction behind a pooler."""

STATEMENT_TIMEOUT = timedelta(seconds=5)
PUBLIC_READ_TIMEOUT = timedelta(seconds=1)
"""The timeout of public reads. No search may occupy a connection for longer than this timeout."""

READ_ISOLATION = "read_isolation"
"""The name of the execution option with the isolation level of single reads.

Without a pooler, single reads use autocommit, which saves two round trips. Behind a pooler, single reads use a
transaction, because settings are in effect only in a transaction.
"""

CHECKING_SETTINGS = {
    "application_name": "steelyard check",
    "jit": "off",
    "lock_timeout": "2s",
    "statement_timeout": "1min",
}
"""The settings of a session that reads whole tables.

The settings of the planner are PostgreSQL's defaults.
"""

COMMAND_TIMEOUT = 8.0
"""The number of seconds to wait for a response of the server.

The limit matters if the network fails, because no error from the server can arrive then.
"""


def create_engine(
    url: str,
    *,
    pool_size: int = 10,
    checkout_timeout: float = 0.8,
    connect_timeout: float = 3.0,
    statement_timeout: timedelta = STATEMENT_TIMEOUT,
    pooled: bool = False,
    target_session: str = ACCEPTS_WRITES,
    clock: Clock | None = None,
    on_checkout: Callable[[float], None] | None = None,
) -> AsyncEngine:
    """Return an engine for a `postgresql+asyncpg://` URL. The engine connects on first use.

    `checkout_timeout` is in seconds: a caller that waits longer for a connection gets Overloaded. `statement_timeout`
    is the time after which the server cancels a statement. If `clock` is a DatabaseClock, connections synchronize
    this clock with the server. `pooled` means that a pooler in transaction mode, such as PgBouncer, is between the
    service and the server. If the URL has several hosts, `target_session` selects one of them (asyncpg's
    `target_session_attrs`). `on_checkout` is called after each wait for a connection, even if the caller gets no
    connection. Its argument is the duration of the wait in seconds.
    """
    engine = create_async_engine(
        url,
        execution_options={READ_ISOLATION: "READ COMMITTED" if pooled else "AUTOCOMMIT"},
        poolclass=AsyncAdaptedQueuePool if on_checkout is None else _observed_pool(on_checkout),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=checkout_timeout,
        # The pool is last in, first out, so that an idle service uses few connections.
        pool_use_lifo=True,
        # Errors must not show parameters, because parameters contain password hashes and personal data.
        hide_parameters=True,
        # The JSON parser of the standard library takes ten times as long for the small objects in a row.
        json_deserializer=from_json,
        connect_args={
            **connect_args(
                {
                    **SERVER_SETTINGS,
                    "statement_timeout": f"{statement_timeout // timedelta(milliseconds=1)}ms",
                },
                pooled=pooled,
            ),
            "command_timeout": COMMAND_TIMEOUT,
            "timeout": connect_timeout,
        },
    )
    connect_to_any_host(engine, target_session)
    event.listen(engine.sync_engine, "checkout", _refuse_dead_connection)
    if isinstance(clock, DatabaseClock):  # A test can pass a clock that needs no readings.
        keep_time(engine, clock)
    event.listen(engine.sync_engine, "handle_error", _leave_read_only_server)
    return engine


def _observed_pool(on_checkout: Callable[[float], None]) -> type[AsyncAdaptedQueuePool]:
    class ObservedPool(AsyncAdaptedQueuePool):
        def connect(self) -> PoolProxiedConnection:
            began = perf_counter()
            try:
                return super().connect()
            finally:
                on_checkout(perf_counter() - began)

    return ObservedPool


def create_checking_engine(url: str, *, pooled: bool = False) -> AsyncEngine:
    """Return an engine for occasional reads of whole tables.

    Its connections are closed after use. Its transactions are read-only, and each of them has one snapshot.
    """
    engine = create_async_engine(
        url,
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=connect_args(CHECKING_SETTINGS, pooled=pooled),
    )
    connect_to_any_host(engine)
    return engine


def _leave_read_only_server(context: ExceptionContext) -> None:
    """Close all connections of the pool if the server has become a standby.

    The pool then opens new connections, which may reach the new primary.
    """
    error = context.sqlalchemy_exception
    if isinstance(error, DBAPIError) and sqlstate(error) == READ_ONLY:
        context.is_disconnect = True


def _refuse_dead_connection(
    _dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Let the pool replace a connection that the server has closed.

    asyncpg already knows the state of the connection, so this check needs no round trip. A pre-ping would
    need three round trips.
    """
    if record.driver_connection is None or record.driver_connection.is_closed():
        raise DisconnectionError
