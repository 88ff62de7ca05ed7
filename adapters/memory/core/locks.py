"""Row locks."""

import asyncio
from weakref import WeakValueDictionary

Row = tuple[str, ...]
"""The name of a table, and the values of a unique key of one row."""


class RowLocks:
    """One fair lock per row. A lock exists while a transaction holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Row, asyncio.Lock] = WeakValueDictionary()

    def of(self, row: Row) -> asyncio.Lock:
        """Return the lock of a row or of a unique key. The row need not exist yet."""
        return self._locks.setdefault(row, asyncio.Lock())
