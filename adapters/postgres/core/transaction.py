"""The one transaction of a unit of work, on the one connection of its session."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from adapters.postgres.core.errors import translated
from adapters.postgres.core.run_to_completion import run_to_completion
from application.shared.errors import Overloaded
from application.shared.idempotency import IdempotencyInFlight

Parameters = Mapping[str, object] | Sequence[Mapping[str, object]] | None


class Transaction:
    """What the repositories of a unit of work say to the database.

    Statements run on the session's connection, not by way of the session: no row becomes an object with an identity,
    so there is nothing to be stale, and half of the time is saved.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._connection: AsyncConnection | None = None
        self._is_broken = False

    async def open(self) -> None:
        """Take a connection. Raises Overloaded, DatabaseUnavailable."""
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

        Raises `lock_timeout_error` when a lock does not come free in time, Overloaded, DatabaseUnavailable, and what a
        violated constraint stands for. After that the transaction is of no use any more.
        """
        self._ensure_unbroken()
        if self._connection is None:
            raise RuntimeError("The transaction is not open.")
        self._is_broken = True
        with translated(lock_timeout_error=lock_timeout_error):
            result = await self._connection.execute(statement, parameters)
        self._is_broken = False
        return result

    async def write(self, statement: Executable, parameters: Parameters, *, rows: int) -> None:
        """Write exactly this many rows. Raises StaleDataError if the statement wrote others, and as `execute`."""
        written = (await self.execute(statement, parameters)).rowcount
        if written != rows:
            self._is_broken = True
            raise StaleDataError(f"{written} of {rows} rows were as they had been read.")

    async def commit(self) -> None:
        """Make it durable. Raises DatabaseUnavailable when nobody knows whether it was done."""
        self._ensure_unbroken()
        with translated():
            await self._session.commit()

    async def close(self) -> None:
        """Give the connection back, and undo what is uncommitted."""
        await run_to_completion(self._close())

    def _ensure_unbroken(self) -> None:
        """Raise RuntimeError after a failure: PostgreSQL answers that COMMIT with a rollback, and with no error."""
        if self._is_broken:
            raise RuntimeError(
                "A statement has failed before, so that nothing of the transaction can be kept."
            )

    async def _close(self) -> None:
        try:
            await self._session.close()
        except (SQLAlchemyError, OSError):
            # The rollback did not get through. The server does it by itself when the connection is cut.
            await self._session.invalidate()
