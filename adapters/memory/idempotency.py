from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from adapters.memory.copying import copied
from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.locks import Row
from adapters.memory.transaction import IntegrityError, Transaction
from application.shared.idempotency import (
    Bound,
    IdempotencyInFlight,
    IdempotencyKey,
    IdempotencyRecords,
    IdempotencyRecordStore,
    Scope,
)

V = TypeVar("V")


class MemoryIdempotencyRecords(IdempotencyRecords):
    """A claim is a lock on the key's scope, which falls with the unit of work, and a binding is a row."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def claim(self, keys: Sequence[IdempotencyKey], result_type: type[V]) -> Mapping[Scope, Bound[V]]:
        await reach()
        scopes = {key.scope for key in keys}
        await self._transaction.lock((_row(scope) for scope in scopes), refusal=IdempotencyInFlight)
        records = self._transaction.tables.idempotency
        return {scope: _typed(records[scope], result_type) for scope in scopes if scope in records}

    async def bind(self, results: Mapping[IdempotencyKey, object]) -> None:
        await reach()
        for key, result in results.items():
            self._transaction.ensure_locked(_row(key.scope))
            self._transaction.tables.idempotency[key.scope] = Bound(key.fingerprint, copied(result))
            self._transaction.tables.bound_at[key.scope] = datetime.now(UTC)


class MemoryIdempotencyRecordStore(IdempotencyRecordStore):
    def __init__(self, database: MemoryDatabase) -> None:
        self._tables = database.tables

    async def prune(self, *, before: datetime, limit: int) -> int:
        await reach()
        ages = sorted((at, scope) for scope, at in self._tables.bound_at.items() if at < before)
        for _, scope in ages[:limit]:
            del self._tables.idempotency[scope]
            del self._tables.bound_at[scope]
        return len(ages[:limit])


def _typed(bound: Bound[object], result_type: type[V]) -> Bound[V]:
    result = copied(bound.result)
    if not isinstance(result, result_type):
        raise IntegrityError("idempotency key bound to a result of another type")
    return Bound(bound.fingerprint, result)


def _row(scope: Scope) -> Row:
    return "idempotency", *scope
