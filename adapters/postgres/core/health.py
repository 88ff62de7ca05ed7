"""The readiness check of PostgreSQL."""

from collections.abc import Mapping

from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import sqlstate
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.schema_state import FIND_REVISION, FIND_STATE, SchemaState, state_parameters
from application.health.ports import Health
from application.shared.errors import Overloaded

_UNDEFINED_TABLE = "42P01"


class PostgresHealth(Health):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def check(self) -> None:
        try:
            state = await self._schema_state()
        except Overloaded:
            # A busy process is ready: removing it from service would only increase the load of the others.
            return
        state.ensure_compatible()

    async def _schema_state(self) -> SchemaState:
        if row := await self._first_row(FIND_STATE, state_parameters()):
            return SchemaState.of_row(row)
        row = await self._first_row(FIND_REVISION)
        return SchemaState.unrecorded(row.revision if row else None)

    async def _first_row(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> ResultRow | None:
        """Return the first row; None if there is none or a table does not exist."""
        try:
            return next(iter(await self._reader.all(statement, parameters)), None)
        except DBAPIError as error:
            if sqlstate(error) == _UNDEFINED_TABLE:
                return None
            raise
