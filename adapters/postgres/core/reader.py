"""Read-only statements outside of units of work."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Executable, Select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.driver_read import DriverRead
from adapters.postgres.core.engine import READ_ISOLATION
from adapters.postgres.core.errors import translated
from adapters.postgres.core.result_row import ResultRow

Read = Callable[[Mapping[str, object]], Awaitable[Sequence[Any]]]
"""A function that executes a statement with the given parameters and returns all rows."""


class Reader(ABC):
    """A reader that executes single statements.

    All methods raise DatabaseUnavailable. They raise Overloaded if no connection becomes available in time.
    """

    @abstractmethod
    async def all(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> Sequence[ResultRow]:
        """Return all rows."""

    def prepare(self, statement: Select[*tuple[Any, ...]]) -> Read:
        """Return a function that executes a frequent statement and returns all rows."""
        return partial(self.all, statement)

    async def one_or_none(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> ResultRow | None:
        """Return the only row, or None."""
        rows = await self.all(statement, parameters)
        return rows[0] if rows else None

    @abstractmethod
    async def close(self) -> None:
        """Close the connections that belong to this reader."""


class AutocommitReader(Reader):
    """A reader that runs single statements in autocommit. A statement takes one round trip.

    A connection is checked out only for the duration of a statement. The reader never closes the engine.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        isolation_level = engine.get_execution_options()[READ_ISOLATION]
        self._engine = engine.execution_options(isolation_level=isolation_level)
        self._is_pooled = isolation_level != "AUTOCOMMIT"

    async def all(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> Sequence[ResultRow]:
        with translated():
            async with self._engine.connect() as connection:
                return (await connection.execute(statement, parameters)).all()

    def prepare(self, statement: Select[*tuple[Any, ...]]) -> Read:
        """Return a function that executes the statement, with the driver if possible.

        Behind a pooler, the function uses SQLAlchemy. A statement needs a transaction there, and the driver does not
        begin a transaction.
        """
        return super().prepare(statement) if self._is_pooled else DriverRead(self._engine, statement)

    async def close(self) -> None:
        """Do nothing."""
