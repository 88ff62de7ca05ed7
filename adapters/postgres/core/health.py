from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import sqlstate
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.schema_revision import needed_revision
from application.health.ports import Health, SchemaOutdated
from application.shared.errors import Overloaded

_UNDEFINED_TABLE = "42P01"
_REVISION = text("SELECT version_num FROM alembic_version")


class PostgresHealth(Health):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def check(self) -> None:
        try:
            row = await self._reader.one_or_none(_REVISION)
        except Overloaded:
            # Busy is not broken: taking a busy process out of service would only make the others busier.
            return
        except DBAPIError as error:
            if sqlstate(error) == _UNDEFINED_TABLE:
                raise SchemaOutdated from None
            raise
        if row is None or row.version_num != needed_revision():
            raise SchemaOutdated
