"""The transaction of a unit of work, on the connection of its session."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from adapters.postgres.core.errors import translated
from adapters.postgres.core.run_to_completion import run_to_completion
from adapters.postgres.core.write_monitor import WriteMonitor
from application.shared.errors import Overloaded
from application.shared.idempotency import IdempotencyInFlight

Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None


class Transaction:
    """The transaction in which the repositories of a unit of work run their statements.

    Statements run on the session's connection and bypass the session. There is no identity map, so objects
    are never stale, and a statement takes half of the time.
    """

    def __init__(self, session: AsyncSession, writes: WriteMonitor) -> None:
        self._session = session
        self._writes = writes
        self._connection: AsyncConnection | None = None
        self._is_broken = False

    async def open(self) -> None:
        """Check out a connection. Raises Overloaded, DatabaseUnavailable."""
        with translated():
            self._connection = await self._session.connection()

    async def execute(
        self,
        statement: Executable,
        parameters: Parameters = None,
        *,
        lock_timeout_error: type[Overloaded | IdempotencyInFlight] = Overloaded,
    ) -> CursorResult[Any]:
        """Run a statement.

        Raises `lock_timeout_error` if a lock is not released in time, Overloaded, DatabaseUnavailable, and
        the error of a violated constraint. After an error the transaction cannot continue.
        """
        self._ensure_unbroken()
        if self._connection is None:
            raise RuntimeError("The transaction is not open.")
        self._is_broken = True
        with self._writes.writing(), translated(lock_timeout_error=lock_timeout_error):
            result = await self._connection.execute(statement, parameters)
        self._is_broken = False
        return result

    async def write(self, statement: Executable, parameters: Parameters, *, rows: int) -> None:
        """Write exactly `rows` rows.

        Raises StaleDataError if another number of rows was written, and the errors of `execute`.
        """
        written = (await self.execute(statement, parameters)).rowcount
        if written != rows:
            self._is_broken = True
            raise StaleDataError(f"{written} of {rows} rows were as they had been read.")

    async def commit(self) -> None:
        """Commit. Raises DatabaseUnavailable if it is unknown whether the commit succeeded."""
        self._ensure_unbroken()
        with self._writes.committing(), translated():
            await self._session.commit()

    async def close(self) -> None:
        """Roll back uncommitted changes and return the connection."""
        await run_to_completion(self._close())

    def _ensure_unbroken(self) -> None:
        """Raise RuntimeError after a failed statement.

        PostgreSQL would respond to COMMIT with a rollback and without an error.
        """
        if self._is_broken:
            raise RuntimeError(
                "A statement has failed before, so that nothing of the transaction can be kept."
            )

    async def _close(self) -> None:
        try:
            await self._session.close()
        except (SQLAlchemyError, OSError):
            # The rollback failed. The server rolls back when the connection is closed.
            await self._session.invalidate()
