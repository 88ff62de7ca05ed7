"""Count the secrets of all tables by encryption key, and encrypt the secrets with the current key."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, LargeBinary, case, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import InstrumentedAttribute

from adapters.postgres.audit import audit_log
from adapters.postgres.core.errors import translated
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import ServiceSecretRow, SigningKeyRow, WebhookEndpointRow
from adapters.postgres.core.schema import Row
from adapters.postgres.core.secret_columns import KEY_ID_LENGTH, PREFIX, SecretColumns, place_of
from application.shared.secrets import EntriesOfBatch, SecretBox, StoredSecrets

_Column = InstrumentedAttribute[bytes] | InstrumentedAttribute[bytes | None]
_SECRETS: tuple[tuple[type[Row], InstrumentedAttribute[object], _Column], ...] = (
    (SigningKeyRow, SigningKeyRow.kid, SigningKeyRow.private_pem),
    (WebhookEndpointRow, WebhookEndpointRow.id, WebhookEndpointRow.secret),
    (WebhookEndpointRow, WebhookEndpointRow.id, WebhookEndpointRow.former_secret),
    (ServiceSecretRow, ServiceSecretRow.name, ServiceSecretRow.value),
)


def _is_sealed(secret: _Column) -> ColumnElement[bool]:
    return func.substr(secret, 1, len(PREFIX), type_=LargeBinary) == PREFIX


def _key_id(secret: _Column) -> ColumnElement[bytes]:
    return func.substr(secret, len(PREFIX) + 1, KEY_ID_LENGTH, type_=LargeBinary)


class PostgresStoredSecrets(StoredSecrets):
    def __init__(self, engine: AsyncEngine, secret_box: SecretBox) -> None:
        self._engine = engine
        self._reader = AutocommitReader(engine)
        self._box = secret_box
        self._columns = SecretColumns(secret_box)

    async def count_by_key(self) -> Mapping[str | None, int]:
        counts: dict[str | None, int] = {}
        for _, _, secret in _SECRETS:
            key_id = case((_is_sealed(secret), _key_id(secret)), else_=null()).label("key_id")
            counted = select(key_id, func.count().label("number")).where(secret.is_not(None)).group_by(key_id)
            for row in await self._reader.all(counted):
                name = None if row.key_id is None else row.key_id.decode("ascii", "replace")
                counts[name] = counts.get(name, 0) + row.number
        return counts

    async def encrypt_batch(self, limit: int, *, in_clear: bool, entries_of: EntriesOfBatch) -> int:
        key_id = self._box.key_ids[0]
        current = key_id.encode()
        for row, key, secret in _SECRETS:
            wanted = ~_is_sealed(secret) if in_clear else _is_sealed(secret) & (_key_id(secret) != current)
            batch = select(key.label("key"), secret.label("secret")).where(wanted).order_by(key).limit(limit)
            with translated():
                async with self._engine.begin() as connection:
                    found = (await connection.execute(batch.with_for_update())).all()
                    for each in found:
                        place = place_of(row.__tablename__, each.key)
                        sealed = self._columns.seal(self._columns.open(each.secret, place=place), place=place)
                        await connection.execute(update(row).where(key == each.key).values({secret: sealed}))
                    if found:
                        entries = entries_of(len(found), key_id)
                        await connection.execute(audit_log.INSERT, audit_log.parameters(entries))
            if found:
                return len(found)
        return 0
