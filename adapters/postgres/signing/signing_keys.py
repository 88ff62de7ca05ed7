from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.audit import audit_log
from adapters.postgres.core.errors import translated
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import SigningKeyRow
from adapters.postgres.core.secret_columns import SecretColumns, place_of
from adapters.postgres.core.unnest import columns_of
from application.audit.entry import AuditEntry
from application.shared.secrets import SecretBox, SecretNotReadable
from application.signing.ports import SigningKey, SigningKeyStore

_ALL = select(*columns_of(SigningKeyRow)).order_by(SigningKeyRow.signs_from.desc(), SigningKeyRow.kid)
_LOCK = text(f"LOCK TABLE {SigningKeyRow.__tablename__} IN SHARE ROW EXCLUSIVE MODE")
_IS_THERE = select(exists().select_from(SigningKeyRow))
_ADD = insert(SigningKeyRow)


class PostgresSigningKeys(SigningKeyStore):
    def __init__(self, engine: AsyncEngine, secret_box: SecretBox) -> None:
        self._engine = engine
        self._columns = SecretColumns(secret_box)
        self._reader = AutocommitReader(engine)

    async def all(self) -> Sequence[SigningKey]:
        """Return all keys. Raises ValueError for a key that cannot be decrypted."""
        return [
            SigningKey(row.kid, self._opened(row.kid, row.private_pem), row.signs_from, row.verifies_until)
            for row in await self._reader.all(_ALL)
        ]

    def _opened(self, kid: str, stored: bytes) -> bytes:
        try:
            return self._columns.open(stored, place=_place(kid))
        except SecretNotReadable:
            raise ValueError(f"Signing key {kid} cannot be decrypted with STEELYARD_SECRETS_KEY.") from None

    async def add_first(self, key: SigningKey) -> None:
        with translated():
            async with self._engine.begin() as connection:
                # If two processes start at the same time, the second process waits here and then finds the key of the
                # first process.
                await connection.execute(_LOCK)
                if not (await connection.execute(_IS_THERE)).scalar_one():
                    await connection.execute(_ADD, self._values(key))

    async def rotate(
        self, key: SigningKey, *, former_until: datetime, now: datetime, entries: Sequence[AuditEntry]
    ) -> None:
        until = func.least(func.coalesce(SigningKeyRow.verifies_until, former_until), former_until)
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(_LOCK)
                await connection.execute(update(SigningKeyRow).values(verifies_until=until))
                await connection.execute(delete(SigningKeyRow).where(SigningKeyRow.verifies_until <= now))
                await connection.execute(_ADD, self._values(key))
                await connection.execute(audit_log.INSERT, audit_log.parameters(entries))

    def _values(self, key: SigningKey) -> dict[str, object]:
        return {
            "kid": key.kid,
            "private_pem": self._columns.seal(key.private_pem, place=_place(key.kid)),
            "signs_from": key.signs_from,
            "verifies_until": key.verifies_until,
        }


def _place(kid: str) -> str:
    return place_of(SigningKeyRow.__tablename__, kid)
