"""One answer for all who ask the same at the same time."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from application.shared.batching import Batcher

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Answers questions, and who asks the same as another one together with him.

    Nobody is given what was begun before he asked: who asks while an answer is being worked out waits for the next
    one, with all who have asked meanwhile. So nothing is remembered, and nothing is ever out of date.
    """

    def __init__(self) -> None:
        self._asked: dict[K, Batcher[Callable[[], Awaitable[V]], V]] = {}

    async def get(self, question: K, work: Callable[[], Awaitable[V]]) -> V:
        """Return what `work` returns, or what it has returned to another who asks the same.

        Raises what the work raises, and Overloaded.
        """
        batcher = self._asked.get(question)
        if batcher is None:
            batcher = self._asked[question] = Batcher(_work_once, max_batch=1024)
        try:
            return await batcher.submit(work)
        finally:
            # Another may have asked again since, and found it idle.
            if batcher.is_idle and self._asked.get(question) is batcher:
                del self._asked[question]


async def _work_once(works: Sequence[Callable[[], Awaitable[V]]]) -> Sequence[V]:
    return [await works[0]()] * len(works)
