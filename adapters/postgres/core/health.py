"""The readiness check of PostgreSQL."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Executable, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import sqlstate, translated
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.schema_state import FIND_REVISION, FIND_STATE, SchemaState, state_parameters
from adapters.postgres.core.write_monitor import WriteMonitor
from application.health.ports import Health
from application.shared.errors import DatabaseUnavailable, Overloaded

_UNDEFINED_TABLE = "42P01"
_INSUFFICIENT_PRIVILEGE = "42501"

WRITE_TIMEOUT = timedelta(seconds=2)
"""The timeout of a test write. It is short, because load balancers do not wait longer."""

_TRY_WRITE = (
    text("SET LOCAL temp_tablespaces = ''"),
    # Write one megabyte to the tablespace of the tables, and make the commit wait for the synchronous standbys.
    text(
        "CREATE TEMPORARY TABLE steelyard_readiness ON COMMIT DROP AS"
        " SELECT repeat('x', 1900) AS filler FROM generate_series(1, 512)"
    ),
)


class PostgresHealth(Health):
    def __init__(self, engine: AsyncEngine, writes: WriteMonitor | None = None) -> None:
        self._engine = engine
        self._reader = AutocommitReader(engine)
        self._writes = writes or WriteMonitor()

    async def check(self) -> None:
        if self._writes.is_commit_waiting:
            raise DatabaseUnavailable
        try:
            state = await self._schema_state()
        except Overloaded:
            if self._writes.is_suspect:
                raise DatabaseUnavailable from None
            # A process with an exhausted pool stays ready. Otherwise its requests would go to other processes and
            # overload them too.
            return
        state.ensure_compatible()
        if self._writes.is_suspect:
            await self._try_write()

    async def _schema_state(self) -> SchemaState:
        if row := await self._first_row(FIND_STATE, state_parameters()):
            if row.is_read_only:
                # The server has become a standby. New connections may reach the new primary.
                await self._engine.dispose()
                raise DatabaseUnavailable
            return SchemaState.of_row(row)
        row = await self._first_row(FIND_REVISION)
        return SchemaState.unrecorded(row.revision if row else None)

    async def _try_write(self) -> None:
        """Write a temporary table, which the commit drops. Raises DatabaseUnavailable."""
        failures = self._writes.failures
        try:
            with translated():
                async with asyncio.timeout(WRITE_TIMEOUT.total_seconds()), self._engine.begin() as connection:
                    for statement in _TRY_WRITE:
                        await connection.execute(statement)
        except Overloaded:
            raise DatabaseUnavailable from None
        except DBAPIError as error:
            if sqlstate(error) != _INSUFFICIENT_PRIVILEGE:
                raise
            # The role is not permitted to create temporary tables, so writes cannot be tested.
        self._writes.resolve(failures)

    async def _first_row(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> ResultRow | None:
        """Return the first row. Return None if there is no row, or if a table does not exist."""
        try:
            return next(iter(await self._reader.all(statement, parameters)), None)
        except DBAPIError as error:
            if sqlstate(error) == _UNDEFINED_TABLE:
                return None
            raise
