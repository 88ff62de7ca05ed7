"""A data loader, which combines concurrent reads of single rows into one statement."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from application.shared.batching import Batcher

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class DataLoader(Generic[K, V]):
    """A loader of rows by key. Concurrent reads share one statement.

    Keys that are requested while a statement runs are read together by the next statement. A statement starts after
    its keys were requested. A result is therefore never older than the result of a separate read.
    """

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._batcher: Batcher[K, V | None] = Batcher(self._read_batch)

    async def get(self, key: K) -> V | None:
        """Return the row with the key, or None. Raises Overloaded and DatabaseUnavailable."""
        return await self._batcher.submit(key)

    async def _read_batch(self, keys: Sequence[K]) -> Sequence[V | Exception | None]:
        found = await self._read(set(keys))
        return [found.get(key) for key in keys]
