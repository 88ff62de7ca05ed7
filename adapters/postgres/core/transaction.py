"""The transaction of a unit of work."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from asyncpg import InternalClientError
from sqlalchemy import CTE, CursorResult, Executable
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm.exc import StaleDataError

from adapters.postgres.core.cancellation import run_to_completion
from adapters.postgres.core.driver_statement import DriverStatement, Values
from adapters.postgres.core.errors import translated
from adapters.postgres.core.pending_writes import PendingWrites
from adapters.postgres.core.write_monitor import WriteMonitor
from application.shared.errors import Overloaded
from application.shared.idempotency import IdempotencyInFlight

Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None


class Transaction:
    """The transaction in which the repositories of a unit of work run their statements.

    The transaction uses no SQLAlchemy session and no identity map, so objects are never stale. A statement takes half
    of the time that it takes with an SQLAlchemy session. SQLAlchemy begins and ends the transaction. If `is_recorded`
    is true, the statements of the transaction are spans of a trace.
    """

    def __init__(self, engine: AsyncEngine, writes: WriteMonitor, *, is_recorded: bool = False) -> None:
        self._engine = engine
        self._writes = writes
        self._is_recorded = is_recorded
        self._pending = PendingWrites()
        self._connection: AsyncConnection | None = None
        self._is_broken = False
        self._has_failed_commit = False

    async def open(self) -> None:
        """Check out a connection. Raises Overloaded and DatabaseUnavailable."""
        with translated():
            self._connection = await self._engine.connect()

    async def execute(
        self,
        statement: Executable,
        parameters: Parameters = None,
        *,
        lock_timeout_error: type[Overloaded | IdempotencyInFlight] = Overloaded,
    ) -> CursorResult[Any]:
        """Run a statement.

        Pending writes are executed first. Raises Overloaded and DatabaseUnavailable. Raises `lock_timeout_error` if a
        lock is not released in time. Raises the error for a constraint that the statement or a pending write
        violates. After an error the transaction cannot continue.
        """
        await self.flush()
        return await self._execute(statement, parameters, lock_timeout_error=lock_timeout_error)

    async def _execute(
        self,
        statement: Executable,
        parameters: Parameters,
        *,
        lock_timeout_error: type[Overloaded | IdempotencyInFlight] = Overloaded,
    ) -> CursorResult[Any]:
        connection = self._usable_connection()
        self._is_broken = True
        with self._writes.writing(), translated(lock_timeout_error=lock_timeout_error):
            result = await connection.execute(statement, parameters)
        self._is_broken = False
        return result

    async def fetch(self, statement: DriverStatement, parameters: Mapping[str, object]) -> Sequence[Values]:
        """Return all rows of a frequent statement. Raises the errors of `execute`.

        The driver executes the statement, with two exceptions. SQLAlchemy executes the first statement of a
        transaction, because it also begins the transaction. SQLAlchemy executes all statements of a recorded
        transaction, because it creates their spans.
        """
        await self.flush()
        return await self._fetch(statement, parameters)

    async def _fetch(self, statement: DriverStatement, parameters: Mapping[str, object]) -> Sequence[Values]:
        connection = self._usable_connection()
        if self._is_recorded or not connection.in_transaction():
            return (await self._execute(statement.statement, parameters)).all()
        assert connection.sync_connection is not None
        pooled = connection.sync_connection.connection
        self._is_broken = True
        with self._writes.writing(), translated():
            rows = await statement.fetch(pooled, parameters)
        self._is_broken = False
        return rows

    async def write_later(self, parts: Mapping[CTE, int], parameters: Mapping[str, object]) -> None:
        """Write rows together with other pending writes, before the next statement of the transaction.

        `parts` maps each data-modifying CTE to the number of rows that it is expected to write. Each CTE returns one
        row for each row that it writes. If a write fails, this call raises the errors of `flush`, or the next
        statement of the transaction raises these errors.
        """
        self._usable_connection()
        if not self._pending.can_add(parts):
            await self.flush()
        self._pending.add(parts, parameters)

    async def flush(self) -> None:
        """Execute all pending writes in one statement.

        Raises the errors of `execute`. Raises StaleDataError if a part has written more or fewer rows than expected.
        """
        if self._pending:
            statement, parameters, expected = self._pending.take()
            [written] = await self._fetch(statement, parameters)
            if tuple(written) != expected:
                self._is_broken = True
                raise StaleDataError(f"{written} instead of {expected} rows were written.")

    async def write(self, statement: Executable, parameters: Parameters, *, rows: int) -> None:
        """Write exactly `rows` rows.

        Raises the errors of `execute`. Raises StaleDataError if more or fewer rows were written.
        """
        written = (await self.execute(statement, parameters)).rowcount
        if written != rows:
            self._is_broken = True
            raise StaleDataError(f"{written} of {rows} rows were as they had been read.")

    async def commit(self) -> None:
        """Commit. Raises DatabaseUnavailable if it is unknown whether the commit succeeded."""
        await self.flush()
        connection = self._usable_connection()
        self._has_failed_commit = True
        with self._writes.committing(), translated():
            await connection.commit()
        self._has_failed_commit = False

    async def close(self) -> None:
        """Roll back uncommitted changes, and return the connection to the pool."""
        connection = self._connection
        if connection is None or self._is_broken or self._has_failed_commit or connection.in_transaction():
            await run_to_completion(self._close())
        else:
            # After a commit, returning the connection never waits, so a cancellation cannot interrupt it.
            await self._close()

    def _usable_connection(self) -> AsyncConnection:
        """Return the connection. Raises RuntimeError after a failed statement.

        After a failed statement, PostgreSQL responds to COMMIT with a rollback, and reports no error.
        """
        if self._connection is None:
            raise RuntimeError("The transaction is not open.")
        if self._is_broken:
            raise RuntimeError(
                "A statement has failed before, so that nothing of the transaction can be kept."
            )
        return self._connection

    async def _close(self) -> None:
        if self._connection is None:
            return
        # If the rollback fails, the pool closes the connection, and the server rolls back.
        with suppress(SQLAlchemyError, OSError, InternalClientError):
            if self._has_failed_commit:
                # After a failed commit, the transaction can still be open. SQLAlchemy would return the connection to
                # the pool without a rollback, and the next unit of work would run in the open transaction.
                await self._connection.invalidate()
            await self._connection.close()
