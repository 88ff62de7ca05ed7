from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, LargeBinary, Row, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import AttemptTallyRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from application.throttling.ports import AttemptRecords, AttemptTallies
from domain.users.attempts import Attempt, AttemptTally

_COLUMNS = columns_of(AttemptTallyRow)
_PEEK = select(*_COLUMNS).where(
    AttemptTallyRow.subject == any_(bindparam("subjects", type_=ARRAY(LargeBinary)))
)
_ASKED = UnnestedRows("asked", _COLUMNS)
# If the row exists, the statement updates the row without changing a value. The update locks and returns the row.
# Therefore one statement is sufficient for new and existing rows.
_LOCK = (
    insert(AttemptTallyRow)
    .from_select([column.name for column in _COLUMNS], select(_ASKED.table).order_by(_ASKED.c.subject))
    .on_conflict_do_update(
        index_elements=[AttemptTallyRow.subject], set_={"subject": AttemptTallyRow.subject}
    )
    .returning(*_COLUMNS)
)
_SAVED = UnnestedRows("saved", _COLUMNS)
_SAVE = (
    update(AttemptTallyRow)
    .values(forgiven_at=_SAVED.c.forgiven_at, retry_at=_SAVED.c.retry_at)
    .where(AttemptTallyRow.subject == _SAVED.c.subject)
)
_WORTHLESS = (
    select(AttemptTallyRow.subject)
    .where(func.greatest(AttemptTallyRow.forgiven_at, AttemptTallyRow.retry_at) < bindparam("before"))
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_PRUNE = delete(AttemptTallyRow).where(AttemptTallyRow.subject.in_(_WORTHLESS))


class PostgresAttemptTallies(AttemptTallies):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        asked = [{"subject": subject, "forgiven_at": now, "retry_at": now} for subject, _ in attempt.subjects]
        return _tallies(attempt, await self._transaction.execute(_LOCK, _ASKED.parameters(asked)), now)

    async def peek(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        subjects = [subject for subject, _ in attempt.subjects]
        return _tallies(attempt, await self._transaction.execute(_PEEK, {"subjects": subjects}), now)

    async def save(self, tallies: Sequence[AttemptTally]) -> None:
        values = [
            {"subject": tally.subject, "forgiven_at": tally.forgiven_at, "retry_at": tally.retry_at}
            for tally in tallies
        ]
        await self._transaction.write(_SAVE, _SAVED.parameters(values), rows=len(values))


class PostgresAttemptRecords(AttemptRecords):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def prune(self, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                return (await connection.execute(_PRUNE, {"before": before, "limit": limit})).rowcount


def _tallies(attempt: Attempt, rows: Iterable[Row[Any]], now: datetime) -> tuple[AttemptTally, AttemptTally]:
    stored = {row.subject: (row.forgiven_at, row.retry_at) for row in rows}
    account, network = (
        AttemptTally(subject, backoff, *stored.get(subject, (now, now)))
        for subject, backoff in attempt.subjects
    )
    return account, network
