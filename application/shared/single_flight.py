"""Single-flight: identical concurrent reads share one query."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from application.shared.batching import Batcher

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Concurrent calls with the same key share one result.

    If no work for a key is running, the first call starts the work immediately. If work for the key is running, new
    calls wait for its end. The work then runs once more, and all waiting calls get the same result.

    The work for a call never begins before the call, so no result is stale.
    """

    def __init__(self) -> None:
        self._asked: dict[K, Batcher[Callable[[], Awaitable[V]], V]] = {}

    async def get(self, question: K, work: Callable[[], Awaitable[V]]) -> V:
        """Return the result of `work`, or the result of a concurrent call with the same key.

        Raises Overloaded, and the errors of `work`.
        """
        batcher = self._asked.get(question)
        if batcher is None:
            batcher = self._asked[question] = Batcher(_work_once, max_batch=1024)
        try:
            return await batcher.submit(work)
        finally:
            # Other calls may still use this batcher, or may already use another batcher for the key.
            if batcher.is_idle and self._asked.get(question) is batcher:
                del self._asked[question]


async def _work_once(works: Sequence[Callable[[], Awaitable[V]]]) -> Sequence[V]:
    return [await works[0]()] * len(works)
