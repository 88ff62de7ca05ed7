"""Admission control: the maximum number of requests in progress."""

from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Any

from application.shared.batching import Batcher
from application.shared.errors import Overloaded


class Admission:
    """Admit as many requests as a batcher can serve in time.

    While the admission is full, `LoadSheddingMiddleware` rejects requests. A request counts as in progress from the
    arrival of its body until its response is sent.

    Requests are counted before their tokens are verified. Otherwise, a burst of requests could pass the middleware
    before the first request is counted. Most of these requests would then be rejected after expensive work.

    If a client disconnects, the work of its request continues. A request with a valid token therefore counts as in
    progress until its work ends.

    `len(apart)` is the number of commands that wait elsewhere, such as in `Lanes`. These commands have a separate
    bound and are not counted here. If many orders wait for one locked product, other orders are therefore still
    accepted.
    """

    def __init__(self, batcher: Batcher[Any, Any], apart: Sized = ()) -> None:
        self._batcher = batcher
        self._apart = apart
        self._received = 0
        self._inside = 0

    def __len__(self) -> int:
        """Return how many requests with a valid token are in progress."""
        return self._inside

    @property
    def is_full(self) -> bool:
        return self._is_reached_by(max(self._received, self._inside))

    @contextmanager
    def received(self) -> Iterator[None]:
        """Count a request whose body has arrived, until the `with` block ends."""
        self._received += 1
        try:
            yield
        finally:
            self._received -= 1

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Count a request with a valid token as in progress until the `with` block ends.

        Raises Overloaded if the number of these requests has reached the bound.
        """
        if self._is_reached_by(self._inside):
            raise Overloaded
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def _is_reached_by(self, requests: int) -> bool:
        """Return whether this number of requests in progress reaches the bound."""
        return requests - len(self._apart) >= self._batcher.capacity
