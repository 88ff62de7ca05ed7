"""What one unit of work has written and not yet committed, and the rows that it has locked."""

import asyncio
from collections.abc import Iterable
from typing import NoReturn

from adapters.memory.core.database import MemoryDatabase
from adapters.memory.core.locks import Row
from application.shared.errors import Overloaded
from application.shared.idempotency import IdempotencyInFlight
from domain.shared.events import Event


class IntegrityError(Exception):
    """A write that the database refuses because the program is wrong: no client can cause it."""


class Transaction:
    """Isolated as PostgreSQL's READ COMMITTED is: it sees its own writes, and those of others once committed.

    `patience` is how many seconds a lock is waited for.
    """

    def __init__(self, database: MemoryDatabase, *, patience: float) -> None:
        self._database = database
        self._patience = patience
        self._locked: dict[Row, asyncio.Lock] = {}
        self.events: list[Event] = []
        self._has_failed = False
        self.tables = database.tables.overlaid()

    async def lock(
        self, rows: Iterable[Row], *, refusal: type[Overloaded | IdempotencyInFlight] = Overloaded
    ) -> None:
        """Lock the rows until the end, in one fixed order. Raises `refusal` when that takes too long."""
        try:
            async with asyncio.timeout(self._patience):
                for row in sorted(set(rows) - self._locked.keys()):
                    lock = self._database.locks.of(row)
                    await lock.acquire()
                    self._locked[row] = lock
        except TimeoutError:
            self.fail(refusal())

    async def try_lock(self, row: Row) -> bool:
        """Lock the row until the end unless somebody else has it, and tell whether it is locked now."""
        if row not in self._locked:
            lock = self._database.locks.of(row)
            try:
                async with asyncio.timeout(0):
                    await lock.acquire()
            except TimeoutError:
                return False
            self._locked[row] = lock
        return True

    def ensure_locked(self, row: Row) -> None:
        """Raise IntegrityError for a write to a row that another unit of work could write to as well."""
        if row not in self._locked:
            self.fail(IntegrityError(f"{row[0]} written to without its lock"))

    def fail(self, error: Exception) -> NoReturn:
        """Raise the error of a refused write. After it nothing can be committed."""
        self._has_failed = True
        raise error

    def record(self, events: Iterable[Event]) -> None:
        """Put the events into the outbox with the commit."""
        self.events.extend(events)

    def commit(self) -> None:
        """Make it all visible at once, and let go of the locks. Raises RuntimeError after a refused write."""
        if self._has_failed:
            raise RuntimeError("A write was refused, so there is nothing that could be committed.")
        self._database.tables.absorb(self.tables)
        self._database.outbox.extend(self.events)
        self.roll_back()

    def roll_back(self) -> None:
        """Forget what is not committed, and let go of the locks."""
        self.tables = self._database.tables.overlaid()
        self.events = []
        while self._locked:
            self._locked.popitem()[1].release()
