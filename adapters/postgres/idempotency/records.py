from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Text, bindparam, cast, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.json_text import from_json, to_json
from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import IdempotencyKeyRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from application.shared.idempotency import (
    Bound,
    IdempotencyInFlight,
    IdempotencyKey,
    IdempotencyRecords,
    IdempotencyRecordStore,
    Scope,
)

V = TypeVar("V")

_BOUND_COLUMNS = columns_of(IdempotencyKeyRow, without={"replays", "created_at"})
_CLAIMED_COLUMNS = columns_of(IdempotencyKeyRow, without={"replays", "created_at", "result"})
_SCOPE = columns_of(IdempotencyKeyRow, without={"replays", "created_at", "result", "fingerprint"})

_CLAIMED = UnnestedRows("claimed", _CLAIMED_COLUMNS)
# The update is a write on purpose: see the port. To wait for a twin is to wait for his row.
_CLAIM = (
    insert(IdempotencyKeyRow)
    .from_select(
        [column.name for column in _CLAIMED_COLUMNS],
        select(_CLAIMED.table).order_by(_CLAIMED.c.principal, _CLAIMED.c.operation, _CLAIMED.c.key),
    )
    .on_conflict_do_update(index_elements=_SCOPE, set_={"replays": IdempotencyKeyRow.replays + 1})
    .returning(*_CLAIMED_COLUMNS, cast(IdempotencyKeyRow.result, Text).label("result"))
)
_BOUND = UnnestedRows("bound", _BOUND_COLUMNS)
_BIND = (
    update(IdempotencyKeyRow)
    .values(fingerprint=_BOUND.c.fingerprint, result=_BOUND.c.result)
    .where(*(column == _BOUND.c[column.name] for column in _SCOPE))
)
_FREED = UnnestedRows("freed", _SCOPE)
_FREE = delete(IdempotencyKeyRow).where(*(column == _FREED.c[column.name] for column in _SCOPE))
_OLD = (
    select(*_SCOPE)
    .where(IdempotencyKeyRow.created_at < bindparam("before"))
    .order_by(IdempotencyKeyRow.created_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_PRUNE = delete(IdempotencyKeyRow).where(tuple_(*_SCOPE).in_(_OLD))


class PostgresIdempotencyRecords(IdempotencyRecords):
    """Keys and their results. A result is kept as the JSON of a view, and comes back as an equal one."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._unbound: set[Scope] = set()

    async def claim(self, keys: Sequence[IdempotencyKey], result_type: type[V]) -> Mapping[Scope, Bound[V]]:
        if not keys:
            return {}
        claimed = {key.scope: {**_scope_values(key.scope), "fingerprint": key.fingerprint} for key in keys}
        rows = await self._transaction.execute(
            _CLAIM, _CLAIMED.parameters(claimed.values()), lock_timeout_error=IdempotencyInFlight
        )
        bound = {
            (row.principal, row.operation, row.key): Bound(
                row.fingerprint, from_json(row.result, result_type)
            )
            for row in rows
            if row.result is not None
        }
        self._unbound |= claimed.keys() - bound.keys()
        return bound

    async def bind(self, results: Mapping[IdempotencyKey, object]) -> None:
        if not results:
            return
        values = [
            {
                **_scope_values(key.scope),
                "fingerprint": key.fingerprint,
                "result": to_json(result),
            }
            for key, result in results.items()
        ]
        await self._transaction.write(_BIND, _BOUND.parameters(values), rows=len(values))
        self._unbound -= {key.scope for key in results}

    async def free_unbound(self) -> None:
        """Give back the keys that were claimed for requests that were refused since."""
        if self._unbound:
            await self._transaction.execute(_FREE, _FREED.parameters(map(_scope_values, self._unbound)))
            self._unbound.clear()


class PostgresIdempotencyRecordStore(IdempotencyRecordStore):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def prune(self, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                return (await connection.execute(_PRUNE, {"before": before, "limit": limit})).rowcount


def _scope_values(scope: Scope) -> dict[str, object]:
    principal, operation, key = scope
    return {"principal": principal, "operation": operation, "key": key}
