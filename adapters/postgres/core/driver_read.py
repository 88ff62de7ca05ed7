"""Frequent reads that asyncpg executes without SQLAlchemy."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.driver_statement import DriverStatement
from adapters.postgres.core.errors import translated
from adapters.postgres.core.result_row import tuple_maker


class DriverRead:
    """A statement that asyncpg executes in autocommit. The rows are named tuples.

    The pool's limits apply, and errors are translated, as for a statement that SQLAlchemy executes.
    """

    def __init__(self, engine: AsyncEngine, statement: Select[*tuple[Any, ...]]) -> None:
        self._engine = engine
        self._statement = DriverStatement(statement)
        self._make = tuple_maker(self._statement.names)

    async def __call__(self, parameters: Mapping[str, object]) -> Sequence[Any]:
        """Return all rows.

        Raises DatabaseUnavailable. Raises Overloaded if no connection becomes available in time.
        """
        with translated():
            connection = await self._engine.raw_connection()
            try:
                rows = await self._statement.fetch(connection, parameters)
            finally:
                connection.close()
        return list(map(self._make, rows))
