from secrets import token_bytes

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import ServiceSecretRow
from adapters.postgres.core.secret_columns import SecretColumns, place_of
from application.shared.secrets import SecretBox, Secrets

_ADD = insert(ServiceSecretRow).on_conflict_do_nothing()
_GET = select(ServiceSecretRow.value).where(ServiceSecretRow.name == bindparam("name"))


class PostgresSecrets(Secrets):
    def __init__(self, engine: AsyncEngine, secret_box: SecretBox) -> None:
        self._engine = engine
        self._columns = SecretColumns(secret_box)

    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        place = place_of(ServiceSecretRow.__tablename__, name)
        with translated():
            async with self._engine.begin() as connection:
                secret = self._columns.seal(token_bytes(nbytes), place=place)
                await connection.execute(_ADD, {"name": name, "value": secret})
                # A separate statement sees the commit of another process.
                stored = (await connection.execute(_GET, {"name": name})).scalar_one()
        return self._columns.open(stored, place=place)
