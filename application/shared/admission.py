"""How many may be inside at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from application.shared.batching import Batcher
from application.shared.errors import Overloaded


class Admission:
    """Lets in as many as a batcher can serve in time, counted from the door to the answer.

    In a crowd all come through the door before the first of them has come as far as the queue: the queue alone would turn
    them away only there, when most of the work is done.
    """

    def __init__(self, batcher: Batcher[Any, Any]) -> None:
        self._batcher = batcher
        self._inside = 0

    def __len__(self) -> int:
        """Return how many are inside."""
        return self._inside

    @property
    def is_full(self) -> bool:
        return self._inside >= self._batcher.capacity

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be inside for as long as the context lasts. Raises Overloaded."""
        if self.is_full:
            raise Overloaded
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
