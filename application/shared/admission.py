"""Admission control: how many requests can be in progress at once."""

from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Any

from application.shared.batching import Batcher
from application.shared.errors import Overloaded


class Admission:
    """Admit as many requests as a batcher can serve in time, counted from their arrival to their response.

    During a burst all requests arrive before the first one reaches the queue. A bound on the queue alone would reject
    them only there, after most of the work.

    `apart` are commands that wait elsewhere, as in `Lanes`. They have a bound of their own and do not count, so that
    orders for one locked product do not get the others rejected.
    """

    def __init__(self, batcher: Batcher[Any, Any], apart: Sized = ()) -> None:
        self._batcher = batcher
        self._apart = apart
        self._inside = 0

    def __len__(self) -> int:
        """Return how many requests are in progress."""
        return self._inside

    @property
    def is_full(self) -> bool:
        return self._inside - len(self._apart) >= self._batcher.capacity

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Count a request as in progress for as long as the context lasts. Raises Overloaded."""
        if self.is_full:
            raise Overloaded
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
