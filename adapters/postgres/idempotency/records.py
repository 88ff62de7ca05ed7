from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import (
    SmallInteger,
    Text,
    bindparam,
    cast,
    delete,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import IdempotencyKeyRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of, written_rows
from adapters.postgres.idempotency.stored_results import from_stored_json, to_stored_json
from application.shared.idempotency import (
    ANONYMOUS,
    FINGERPRINT_VERSION,
    FORMAT_VERSION,
    IdempotencyInFlight,
    IdempotencyKey,
    IdempotencyRecords,
    IdempotencyRecordStore,
    Scope,
    StoredResult,
    subject_of,
)

V = TypeVar("V")

_BY_DEFAULT = {"fingerprint_version", "format_version", "replays", "created_at"}
_STORED_COLUMNS = columns_of(IdempotencyKeyRow, without=_BY_DEFAULT)
_CLAIMED_COLUMNS = columns_of(IdempotencyKeyRow, without={*_BY_DEFAULT, "result", "subject"})
_SCOPE = columns_of(IdempotencyKeyRow, without={*_BY_DEFAULT, "result", "subject", "fingerprint"})
_RESULT = cast(IdempotencyKeyRow.result, Text).label("result")

_CLAIMED = UnnestedRows("claimed", _CLAIMED_COLUMNS)
# If the record exists, the statement updates and thereby locks its row. A concurrent duplicate waits for this
# lock: see `IdempotencyRecords.claim`.
_CLAIM = (
    insert(IdempotencyKeyRow)
    .from_select(
        [column.name for column in _CLAIMED_COLUMNS],
        select(_CLAIMED.table).order_by(_CLAIMED.c.principal, _CLAIMED.c.operation, _CLAIMED.c.key),
    )
    .on_conflict_do_update(index_elements=_SCOPE, set_={"replays": IdempotencyKeyRow.replays + 1})
    .returning(*_CLAIMED_COLUMNS, IdempotencyKeyRow.fingerprint_version, _RESULT)
)
_FIND_IN_SHARED_SCOPE = (
    update(IdempotencyKeyRow)
    .values(replays=IdempotencyKeyRow.replays + 1)
    .where(
        IdempotencyKeyRow.principal == ANONYMOUS,
        IdempotencyKeyRow.operation == bindparam("of_operation"),
        IdempotencyKeyRow.key == bindparam("of_key"),
        IdempotencyKeyRow.fingerprint == bindparam("of_fingerprint"),
        IdempotencyKeyRow.fingerprint_version == 1,
        IdempotencyKeyRow.result.is_not(None),
    )
    .returning(_RESULT)
)
_VERSIONS = {"fingerprint_version": FINGERPRINT_VERSION, "format_version": FORMAT_VERSION}
_STORED = UnnestedRows("stored", _STORED_COLUMNS)
_STORE = written_rows(
    update(IdempotencyKeyRow)
    .values(
        fingerprint=_STORED.c.fingerprint,
        result=_STORED.c.result,
        subject=_STORED.c.subject,
        **_VERSIONS,
    )
    .where(*(column == _STORED.c[column.name] for column in _SCOPE)),
    "stored_results",
)
_ADDED = UnnestedRows("new_results", _STORED_COLUMNS)
_ADD = written_rows(
    insert(IdempotencyKeyRow).from_select(
        [*(column.name for column in _STORED_COLUMNS), *_VERSIONS],
        select(*_ADDED.values, *(literal(version, SmallInteger) for version in _VERSIONS.values()))
        # Claims insert keys in the same sequence, so that two transactions with the same keys do not deadlock.
        .order_by(_ADDED.c.principal, _ADDED.c.operation, _ADDED.c.key),
    ),
    "new_results_added",
)
_FREED = UnnestedRows("freed", _SCOPE)
_FREE = written_rows(
    delete(IdempotencyKeyRow).where(*(column == _FREED.c[column.name] for column in _SCOPE)), "freed_keys"
)
_OLD = (
    select(*_SCOPE)
    .where(IdempotencyKeyRow.created_at < bindparam("before"))
    .order_by(IdempotencyKeyRow.created_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_PRUNE = delete(IdempotencyKeyRow).where(tuple_(*_SCOPE).in_(_OLD))


class PostgresIdempotencyRecords(IdempotencyRecords):
    """Idempotency records in PostgreSQL.

    The result of a command is a view, which is stored as JSON.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._without_result: set[Scope] = set()

    async def claim(
        self, keys: Sequence[IdempotencyKey], result_type: type[V]
    ) -> Mapping[Scope, StoredResult[V]]:
        if not keys:
            return {}
        claimed = {key.scope: {**_scope_values(key.scope), "fingerprint": key.fingerprint} for key in keys}
        rows = await self._transaction.execute(
            _CLAIM, _CLAIMED.parameters(claimed.values()), lock_timeout_error=IdempotencyInFlight
        )
        stored = {
            (row.principal, row.operation, row.key): StoredResult(
                row.fingerprint, from_stored_json(row.result, result_type), row.fingerprint_version
            )
            for row in rows
            if row.result is not None
        }
        self._without_result |= claimed.keys() - stored.keys()
        return stored

    async def find_in_shared_scope(self, key: IdempotencyKey, result_type: type[V]) -> StoredResult[V] | None:
        fingerprint = key.earlier_fingerprint(1)
        if fingerprint is None:
            return None
        rows = await self._transaction.execute(
            _FIND_IN_SHARED_SCOPE,
            {"of_operation": key.operation, "of_key": key.key, "of_fingerprint": fingerprint},
            lock_timeout_error=IdempotencyInFlight,
        )
        result = rows.scalar_one_or_none()
        if result is None:
            return None
        return StoredResult(fingerprint, from_stored_json(result, result_type), fingerprint_version=1)

    async def store(self, results: Mapping[IdempotencyKey, object]) -> None:
        claimed = [key for key in results if key.scope in self._without_result]
        added = [key for key in results if key.scope not in self._without_result]
        for keys, part, rows in ((claimed, _STORE, _STORED), (added, _ADD, _ADDED)):
            if keys:
                values = [_stored_values(key, results[key]) for key in keys]
                await self._transaction.write_later({part: len(values)}, rows.parameters(values))
        self._without_result -= {key.scope for key in claimed}

    async def free_claimed(self) -> None:
        """Delete the claims of operations that failed and therefore stored no result."""
        if self._without_result:
            await self._transaction.write_later(
                {_FREE: len(self._without_result)},
                _FREED.parameters(map(_scope_values, self._without_result)),
            )
            self._without_result.clear()


class PostgresIdempotencyRecordStore(IdempotencyRecordStore):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def prune(self, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                return (await connection.execute(_PRUNE, {"before": before, "limit": limit})).rowcount


def _stored_values(key: IdempotencyKey, result: object) -> dict[str, object]:
    return {
        **_scope_values(key.scope),
        "fingerprint": key.fingerprint,
        "result": to_stored_json(result),
        "subject": subject_of(key, result),
    }


def _scope_values(scope: Scope) -> dict[str, object]:
    principal, operation, key = scope
    return {"principal": principal, "operation": operation, "key": key}
