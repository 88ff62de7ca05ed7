"""The in-memory data of one shop. All in-memory adapters use this data."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID
from weakref import WeakValueDictionary

from adapters.json_text import to_json
from adapters.memory.core.tables import Tables
from application.checks.ports import Invariant, Tally
from application.events.views import PublishedEvent
from application.signing.ports import SigningKey
from domain.shared.events import Event

Row = tuple[str, ...]
"""The name of a table, and the values of a unique key of one row."""

_ENVELOPE = {"aggregate_id", "aggregate_version", "occurred_at"}


class RowLocks:
    """One fair lock per row. A lock exists while a transaction holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Row, asyncio.Lock] = WeakValueDictionary()

    def of(self, row: Row) -> asyncio.Lock:
        """Return the lock of a row or of a unique key. The row need not exist yet."""
        return self._locks.setdefault(row, asyncio.Lock())


async def yield_control() -> None:
    """Yield to the event loop, as a query to a real database does.

    A fake that never suspends would hide race conditions.
    """
    await asyncio.sleep(0)


class MemoryDatabase:
    """The committed tables and the row locks."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.outbox: list[Event] = []
        self.traces: dict[tuple[UUID, int], str] = {}
        """The trace contexts of events, by the id and the version of their aggregate."""
        self.published: list[PublishedEvent] = []
        self.locks = RowLocks()
        self.signing_keys: list[SigningKey] = []
        self.secrets: dict[str, bytes] = {}
        self.tallies: dict[Invariant, Tally] = {}

    def copy(self) -> "MemoryDatabase":
        """Return a database with copies of the committed rows, and without locks."""
        copy = MemoryDatabase()
        copy.tables = self.tables.copied()
        copy.outbox, copy.published = list(self.outbox), list(self.published)
        copy.traces, copy.secrets, copy.tallies = dict(self.traces), dict(self.secrets), dict(self.tallies)
        copy.signing_keys = list(self.signing_keys)
        return copy

    def change_events(self, change: Callable[[Event], Event]) -> None:
        """Apply a function to each event of the outbox and of the feed."""
        for place, event in enumerate(self.outbox):
            changed = change(event)
            if changed != event:
                self.outbox[place] = changed
                if place < len(self.published):
                    self.published[place] = replace(self.published[place], data=event_data(changed))


def event_data(event: Event) -> str:
    """Return an event's own fields as JSON, without the fields that every event has."""
    return to_json(event, without=_ENVELOPE)
