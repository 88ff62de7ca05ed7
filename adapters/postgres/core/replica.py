"""Reads on a replica. Each read waits until the replica has replayed all earlier commits."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy import Executable, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.core.data_loader import DataLoader
from adapters.postgres.core.engine import READ_ISOLATION, create_engine
from adapters.postgres.core.errors import RECOVERY_CONFLICT, sqlstate, translated
from adapters.postgres.core.hosts import STANDBY
from adapters.postgres.core.reader import AutocommitReader, Reader
from adapters.postgres.core.result_row import ResultRow
from application.shared.errors import DatabaseUnavailable, Overloaded

LONGEST_WAIT = 0.25
"""The maximum wait in seconds for a replica connection, and for the replay of commits."""
SKIP_SECONDS = 5.0
"""How many seconds reads use the primary after the replica has lagged or failed.

Without this pause, every read would wait for the replica.
"""
_POLL_SECONDS = 0.005

_FIND_POSITION = text("SELECT pg_current_wal_flush_lsn() AS position")
_FIND_PROGRESS = text("""
    SELECT pg_is_in_recovery() AS is_replica,
           pg_last_wal_replay_lsn() >= CAST(:position AS pg_lsn) AS has_replayed
""")

_log = structlog.get_logger(__name__)


class ReplicaReader(Reader):
    """A reader that uses the replica, or the primary if the replica cannot be used.

    The replica cannot be used while it lags or fails, or after it was promoted to primary. In this case, the primary
    is used for `SKIP_SECONDS`.

    A read sees every change that was committed before the read began, including changes by other processes. The
    reader first gets the primary's position in the write-ahead log. It then waits until the replica has replayed the
    log up to this position. Concurrent reads share the query for the position.
    """

    def __init__(self, primary: AutocommitReader, replica: AsyncEngine) -> None:
        self._primary = primary
        self.replica = replica.execution_options(
            isolation_level=replica.get_execution_options()[READ_ISOLATION]
        )
        self._positions = DataLoader(self._find_position)
        self._skip_until = 0.0

    async def all(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> Sequence[ResultRow]:
        if monotonic() >= self._skip_until:
            position = await self._positions.get(None)
            assert position is not None, "the server always answers with one row"
            rows = await self._read(statement, parameters, position)
            if rows is not None:
                return rows
            self._skip_until = monotonic() + SKIP_SECONDS
            _log.warning("read replica is skipped", seconds=SKIP_SECONDS)
        return await self._primary.all(statement, parameters)

    async def close(self) -> None:
        await self.replica.dispose()

    async def _read(
        self, statement: Executable, parameters: Mapping[str, object] | None, position: int
    ) -> Sequence[ResultRow] | None:
        """Return the rows, or None if the replica cannot answer.

        Raises Overloaded if the statement takes too long. In this case the primary is not tried, because the
        statement would take just as long there.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(LONGEST_WAIT):
                    with translated():
                        connection = await stack.enter_async_context(self.replica.connect())
                        await _await_replay(connection, position)
            except (TimeoutError, Overloaded, DatabaseUnavailable):
                return None
            try:
                with translated():
                    return (await connection.execute(statement, parameters)).all()
            except DatabaseUnavailable:
                return None
            except Exception as error:
                if isinstance(error.__cause__, DBAPIError) and sqlstate(error.__cause__) == RECOVERY_CONFLICT:
                    return None
                raise

    async def _find_position(self, _keys: Collection[None]) -> Mapping[None, int]:
        [row] = await self._primary.all(_FIND_POSITION)
        return {None: row.position}


def create_reader(
    primary: AsyncEngine,
    *,
    replica_url: str | None,
    pool_size: int,
    statement_timeout: timedelta,
    pooled: bool = False,
) -> Reader:
    """Return a reader of the replica if there is one, and otherwise of the primary."""
    reader = AutocommitReader(primary)
    if replica_url is None:
        return reader
    replica = create_engine(
        replica_url,
        pool_size=pool_size,
        statement_timeout=statement_timeout,
        pooled=pooled,
        target_session=STANDBY,
    )
    return ReplicaReader(reader, replica)


async def _await_replay(connection: AsyncConnection, position: int) -> None:
    """Wait until the server of this connection has replayed the position.

    If the server has been promoted to primary, this method closes the connection and raises DatabaseUnavailable. The
    pool then connects to another host that is a replica.
    """
    while True:
        progress = (await connection.execute(_FIND_PROGRESS, {"position": position})).one()
        if not progress.is_replica:
            await connection.invalidate()
            raise DatabaseUnavailable
        if progress.has_replayed:
            return
        await asyncio.sleep(_POLL_SECONDS)
