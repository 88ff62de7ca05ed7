from collections.abc import Sequence
from copy import copy
from datetime import datetime

from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.transaction import Transaction
from application.throttling.ports import AttemptRecords, AttemptTallies
from domain.users.attempts import Attempt, AttemptTally


class MemoryAttemptTallies(AttemptTallies):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def lock(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        await self._transaction.lock(_row(subject) for subject, _ in attempt.subjects)
        return await self.peek(attempt, now=now)

    async def peek(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        await yield_control()
        stored = self._transaction.tables.attempts
        account, network = (
            copy(stored[subject]) if subject in stored else AttemptTally(subject, backoff, now, now)
            for subject, backoff in attempt.subjects
        )
        return account, network

    async def save(self, tallies: Sequence[AttemptTally]) -> None:
        await yield_control()
        for tally in tallies:
            self._transaction.ensure_locked(_row(tally.subject))
            self._transaction.tables.attempts[tally.subject] = copy(tally)


class MemoryAttemptRecords(AttemptRecords):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def prune(self, *, before: datetime, limit: int) -> int:
        await yield_control()
        stored = self._database.tables.attempts
        worthless = [
            subject for subject, tally in stored.items() if max(tally.forgiven_at, tally.retry_at) < before
        ][:limit]
        for subject in worthless:
            del stored[subject]
        return len(worthless)


def _row(subject: bytes) -> Row:
    return "attempts", subject.hex()
