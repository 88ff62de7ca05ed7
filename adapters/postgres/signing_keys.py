from collections.abc import Sequence

from sqlalchemy import exists, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.failures import translated
from adapters.postgres.reader import Reader
from adapters.postgres.rows import SigningKeyRow
from application.users.ports import SigningKey, SigningKeys

_ALL = select(SigningKeyRow.kid, SigningKeyRow.private_pem, SigningKeyRow.created_at).order_by(
    SigningKeyRow.created_at.desc(), SigningKeyRow.kid
)
_LOCK = text(f"LOCK TABLE {SigningKeyRow.__tablename__} IN SHARE ROW EXCLUSIVE MODE")
_IS_THERE = select(exists().select_from(SigningKeyRow))


class PostgresSigningKeys(SigningKeys):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = Reader(engine)

    async def all(self) -> Sequence[SigningKey]:
        return [
            SigningKey(kid=row.kid, private_pem=row.private_pem, created_at=row.created_at)
            for row in await self._reader.all(_ALL)
        ]

    async def add_first(self, key: SigningKey) -> None:
        with translated():
            async with self._engine.begin() as connection:
                # Of two processes that start at once, the second waits here, and then finds the first one's key.
                await connection.execute(_LOCK)
                if not (await connection.execute(_IS_THERE)).scalar_one():
                    await connection.execute(
                        insert(SigningKeyRow),
                        {"kid": key.kid, "private_pem": key.private_pem, "created_at": key.created_at},
                    )
