from secrets import token_bytes

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import ServiceSecretRow
from application.shared.secrets import Secrets

_ADD = insert(ServiceSecretRow).on_conflict_do_nothing()
_GET = select(ServiceSecretRow.value).where(ServiceSecretRow.name == bindparam("name"))


class PostgresSecrets(Secrets):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(_ADD, {"name": name, "value": token_bytes(nbytes)})
                # A statement of its own, so that it sees what another process has just committed.
                return (await connection.execute(_GET, {"name": name})).scalar_one()
