from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from adapters.memory.core.copying import copied
from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.transaction import IntegrityError, Transaction
from application.shared.idempotency import (
    ANONYMOUS,
    IdempotencyInFlight,
    IdempotencyKey,
    IdempotencyRecordExists,
    IdempotencyRecords,
    IdempotencyRecordStore,
    Scope,
    StoredResult,
)

V = TypeVar("V")


class MemoryIdempotencyRecords(IdempotencyRecords):
    """Idempotency records in memory. A claimed key is locked until the unit of work ends."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def claim(
        self, keys: Sequence[IdempotencyKey], result_type: type[V]
    ) -> Mapping[Scope, StoredResult[V]]:
        await yield_control()
        scopes = {key.scope for key in keys}
        await self._transaction.lock((_row(scope) for scope in scopes), refusal=IdempotencyInFlight)
        records = self._transaction.tables.idempotency
        return {scope: _typed(records[scope], result_type) for scope in scopes if scope in records}

    async def find_in_shared_scope(self, key: IdempotencyKey, result_type: type[V]) -> StoredResult[V] | None:
        await yield_control()
        record = self._transaction.tables.idempotency.get((ANONYMOUS, key.operation, key.key))
        if record is None or not key.has_fingerprint(record.fingerprint, record.fingerprint_version):
            return None
        return _typed(record, result_type)

    async def store(self, results: Mapping[IdempotencyKey, object]) -> None:
        await yield_control()
        await self._transaction.lock(_row(key.scope) for key in results)
        records = self._transaction.tables.idempotency
        for key, result in results.items():
            if key.scope in records:
                self._transaction.fail(IdempotencyRecordExists())
            records[key.scope] = StoredResult(key.fingerprint, copied(result))
            self._transaction.tables.idempotency_stored_at[key.scope] = datetime.now(UTC)


class MemoryIdempotencyRecordStore(IdempotencyRecordStore):
    def __init__(self, database: MemoryDatabase) -> None:
        self._tables = database.tables

    async def prune(self, *, before: datetime, limit: int) -> int:
        await yield_control()
        stored = self._tables.idempotency_stored_at
        ages = sorted((at, scope) for scope, at in stored.items() if at < before)
        for _, scope in ages[:limit]:
            # If the record was erased with an account's personal data, only its creation time is still stored.
            self._tables.idempotency.pop(scope, None)
            del stored[scope]
        return len(ages[:limit])


def _typed(record: StoredResult[object], result_type: type[V]) -> StoredResult[V]:
    result = copied(record.result)
    if not isinstance(result, result_type):
        raise IntegrityError("an idempotency record has a result of another type")
    return StoredResult(record.fingerprint, result, record.fingerprint_version)


def _row(scope: Scope) -> Row:
    return "idempotency", *scope
