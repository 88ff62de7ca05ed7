"""Row locks."""

import asyncio
from weakref import WeakValueDictionary

Row = tuple[str, ...]
"""A table's name and the values of one of its keys."""


class RowLocks:
    """One fair lock per row. A lock exists while a transaction holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Row, asyncio.Lock] = WeakValueDictionary()

    def of(self, row: Row) -> asyncio.Lock:
        """Return the lock of a row or a unique key. The row need not exist yet."""
        return self._locks.setdefault(row, asyncio.Lock())
