"""A table as seen by one transaction."""

from collections.abc import Iterator, MutableMapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Overlay(MutableMapping[K, V], Generic[K, V]):
    """A view of a table. Writes and deletions are buffered until `absorb_into` applies them."""

    # Each transaction creates an overlay for each table, so slots save memory.
    __slots__ = ("_deleted", "_table", "_written")

    def __init__(self, table: MutableMapping[K, V]) -> None:
        self._table = table
        self._written: dict[K, V] = {}
        self._deleted: set[K] = set()

    def __getitem__(self, key: K) -> V:
        if key in self._written:
            return self._written[key]
        if key in self._deleted:
            raise KeyError(key)
        return self._table[key]

    def __setitem__(self, key: K, value: V) -> None:
        self._written[key] = value
        self._deleted.discard(key)

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._written.pop(key, None)
        self._deleted.add(key)

    def __iter__(self) -> Iterator[K]:
        yield from (key for key in self._table if key not in self._written and key not in self._deleted)
        yield from self._written

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def absorb_into(self, table: MutableMapping[K, V]) -> None:
        """Apply the buffered writes and deletions to the table."""
        for key in self._deleted:
            table.pop(key, None)
        table.update(self._written)
