"""The uncommitted writes and the locked rows of one unit of work."""

import asyncio
from collections.abc import Callable, Iterable
from typing import NoReturn
from uuid import UUID

from adapters.memory.core.database import MemoryDatabase, Row
from adapters.memory.core.tables import Tables
from application.shared.errors import Overloaded
from application.shared.idempotency import IdempotencyInFlight
from domain.shared.events import Event


class IntegrityError(Exception):
    """A write was rejected because of a mistake in the program. No client can cause this error."""


class Transaction:
    """A transaction with the same isolation as READ COMMITTED in PostgreSQL.

    The transaction sees its own writes and the writes of committed transactions. `lock_timeout` is the maximum number
    of seconds to wait for locks. PostgreSQL has a setting with the same name.
    """

    def __init__(self, database: MemoryDatabase, *, lock_timeout: float) -> None:
        self._database = database
        self._lock_timeout = lock_timeout
        self._locked: dict[Row, asyncio.Lock] = {}
        self._to_lock: set[Row] = set()
        self.events: list[Event] = []
        self._event_changes: list[Callable[[Event], Event]] = []
        self._has_failed = False
        self._overlay: Tables | None = None

    @property
    def tables(self) -> Tables:
        """The tables with the uncommitted writes of this transaction."""
        if self._overlay is None:
            self._overlay = self._database.tables.overlaid()
        return self._overlay

    async def lock(
        self, rows: Iterable[Row], *, refusal: type[Overloaded | IdempotencyInFlight] = Overloaded
    ) -> None:
        """Lock the rows in a fixed sequence, until the transaction ends.

        Raises `refusal` if another transaction still locks one of the rows after `lock_timeout`.
        """
        try:
            async with asyncio.timeout(self._lock_timeout):
                for row in sorted(set(rows) - self._locked.keys()):
                    lock = self._database.locks.of(row)
                    await lock.acquire()
                    self._locked[row] = lock
        except TimeoutError:
            self.fail(refusal())

    async def try_lock(self, row: Row) -> bool:
        """If no transaction has locked the row, lock it until this transaction ends.

        Return whether this transaction holds the lock.
        """
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
        """Raise IntegrityError if this transaction has not locked the row.

        Without the lock, another unit of work could write to the row at the same time.
        """
        if row not in self._locked:
            self.fail(IntegrityError(f"{row[0]} written to without its lock"))

    def require_lock_at_commit(self, row: Row) -> None:
        """Make the commit raise IntegrityError if the row is not locked at that time."""
        self._to_lock.add(row)

    def fail(self, error: Exception) -> NoReturn:
        """Raise the error of a rejected write. The transaction can no longer commit."""
        self._has_failed = True
        raise error

    def record(self, events: Iterable[Event]) -> None:
        """Add the events to the outbox at commit."""
        self.events.extend(events)

    def change_earlier_events(self, change: Callable[[Event], Event]) -> None:
        """When this transaction commits, apply a function to each event of earlier transactions."""
        self._event_changes.append(change)

    def commit(self, trace_of: Callable[[UUID], str | None] = lambda _: None) -> None:
        """Make all writes visible in one step, and release the locks.

        `trace_of` returns the trace context of an aggregate's events. Raises RuntimeError after a rejected
        write.
        """
        if self._has_failed:
            raise RuntimeError("A write was refused, so there is nothing that could be committed.")
        for row in self._to_lock:
            self.ensure_locked(row)
        if self._overlay is not None:
            self._database.tables.absorb(self._overlay)
        for change in self._event_changes:
            self._database.change_events(change)
        self._database.outbox.extend(self.events)
        for event in self.events:
            if trace := trace_of(event.aggregate_id):
                self._database.traces[event.aggregate_id, event.aggregate_version] = trace
        self.roll_back()

    def roll_back(self) -> None:
        """Discard uncommitted writes and release the locks."""
        self._overlay = None
        self.events = []
        self._to_lock.clear()
        self._event_changes = []
        while self._locked:
            self._locked.popitem()[1].release()
