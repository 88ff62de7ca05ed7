"""Locks on rows."""

import asyncio
from weakref import WeakValueDictionary

Row = tuple[str, ...]
"""A table's name and the values of one of its keys."""


class RowLocks:
    """One lock a row, first come, first served. A lock lives for as long as somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Row, asyncio.Lock] = WeakValueDictionary()

    def of(self, row: Row) -> asyncio.Lock:
        """Return the row's lock, whether or not there is such a row: what is to be unique is locked as well."""
        return self._locks.setdefault(row, asyncio.Lock())
