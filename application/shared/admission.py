"""Admission control: the maximum number of requests in progress."""

from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Any

from application.shared.batching import Batcher
from application.shared.errors import Overloaded


class Admission:
    """Admit as many requests as a batcher can serve in time.

    A request counts from the check of its token until its response. In a burst, all requests arrive before
    the first of them reaches the queue. `LoadSheddingMiddleware` therefore rejects requests while the admission
    is full. If only the queue were bounded, requests would be rejected after most of their work was done.

    `apart` returns the number of commands that wait elsewhere, as in `Lanes`. These commands have a bound of
    their own and do not count here, so that orders for one locked product do not cause the rejection of
    others.
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
        """Count a request as in progress until the context ends.

        Raises Overloaded above the bound.
        """
        if self.is_full:
            raise Overloaded
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
