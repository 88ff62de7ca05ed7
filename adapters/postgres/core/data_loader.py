"""Many reads of one row each as few reads of many."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from application.shared.batching import Batcher

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class DataLoader(Generic[K, V]):
    """Reads by key: what is asked for while one statement runs is read together by the next.

    No read sees an older state than it would by itself: its statement begins after it was asked for.
    """

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._batcher: Batcher[K, V | None] = Batcher(self._read_batch)

    async def get(self, key: K) -> V | None:
        """Return what stands at the key, if anything. Raises Overloaded, DatabaseUnavailable."""
        return await self._batcher.submit(key)

    async def _read_batch(self, keys: Sequence[K]) -> Sequence[V | Exception | None]:
        found = await self._read(set(keys))
        return [found.get(key) for key in keys]
