from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.audit import audit_log
from adapters.postgres.core.errors import translated
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import SigningKeyRow
from adapters.postgres.core.unnest import columns_of
from application.audit.entry import AuditEntry
from application.signing.ports import SigningKey, SigningKeyStore

_ALL = select(*columns_of(SigningKeyRow)).order_by(SigningKeyRow.signs_from.desc(), SigningKeyRow.kid)
_LOCK = text(f"LOCK TABLE {SigningKeyRow.__tablename__} IN SHARE ROW EXCLUSIVE MODE")
_IS_THERE = select(exists().select_from(SigningKeyRow))
_ADD = insert(SigningKeyRow)


class PostgresSigningKeys(SigningKeyStore):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = AutocommitReader(engine)

    async def all(self) -> Sequence[SigningKey]:
        return [
            SigningKey(row.kid, row.private_pem, row.signs_from, row.verifies_until)
            for row in await self._reader.all(_ALL)
        ]

    async def add_first(self, key: SigningKey) -> None:
        with translated():
            async with self._engine.begin() as connection:
                # Of two processes that start at once, the second waits here, and then finds the first one's key.
                await connection.execute(_LOCK)
                if not (await connection.execute(_IS_THERE)).scalar_one():
                    await connection.execute(_ADD, _values(key))

    async def rotate(
        self, key: SigningKey, *, former_until: datetime, now: datetime, entries: Sequence[AuditEntry]
    ) -> None:
        until = func.least(func.coalesce(SigningKeyRow.verifies_until, former_until), former_until)
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(_LOCK)
                await connection.execute(update(SigningKeyRow).values(verifies_until=until))
                await connection.execute(delete(SigningKeyRow).where(SigningKeyRow.verifies_until <= now))
                await connection.execute(_ADD, _values(key))
                await connection.execute(audit_log.INSERT, audit_log.parameters(entries))


def _values(key: SigningKey) -> dict[str, object]:
    return {
        "kid": key.kid,
        "private_pem": key.private_pem,
        "signs_from": key.signs_from,
        "verifies_until": key.verifies_until,
    }
