"""Single-flight: identical concurrent reads share one query."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from application.shared.batching import Batcher

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Concurrent calls with the same key share one result.

    A caller never gets the result of work that began before its call. Instead, the caller waits for the next run, and
    shares the result with all callers that arrive before that run begins. Nothing is cached, so no result is stale.
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
            # A later caller may already have started the next run.
            if batcher.is_idle and self._asked.get(question) is batcher:
                del self._asked[question]


async def _work_once(works: Sequence[Callable[[], Awaitable[V]]]) -> Sequence[V]:
    return [await works[0]()] * len(works)
