"""Admission control: the maximum number of requests in progress."""

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from time import monotonic
from typing import Any, Self

from application.shared.batching import Batcher
from application.shared.errors import Overloaded

BODY_SECONDS = 0.1
"""A request counts as in progress for this number of seconds without its body.

The body of an ordinary request arrives together with its headers.
"""
_WITHOUT_BODY = 0.75
"""The fraction of the places that requests without bodies can occupy.

The other places remain free for ordinary requests while a client sends many requests without bodies.
"""


class Admission:
    """Admit as many requests as a batcher can serve in time.

    While the admission is full, `LoadSheddingMiddleware` rejects requests. Requests are counted before their tokens
    are verified. Otherwise, a burst of requests could pass the middleware before the first request is counted. Most
    of these requests would then be rejected after expensive work.

    If a client disconnects, the work of its request continues. A request with a valid token therefore counts as in
    progress until its work ends.

    `len(apart)` is the number of commands that wait elsewhere, such as in `Lanes`. These commands have a separate
    bound and are not counted here. If many orders wait for one locked product, other orders are therefore still
    accepted.

    `now` returns the time in seconds.
    """

    def __init__(
        self, batcher: Batcher[Any, Any], apart: Sized = (), *, now: Callable[[], float] = monotonic
    ) -> None:
        self._batcher = batcher
        self._apart = apart
        self._now = now
        self._arriving: dict[Place, float] = {}
        """The requests without bodies, with the times at which their headers arrived."""
        self._received: set[Place] = set()
        """The requests whose bodies have arrived."""
        self._inside = 0

    def __len__(self) -> int:
        """Return how many requests with a valid token are in progress."""
        return self._inside

    @property
    def is_full(self) -> bool:
        return self._is_reached_by(max(len(self._received) + self._counted_without_body(), self._inside))

    def place(self) -> "Place":
        """Return a context in which a request is counted, whose headers have arrived."""
        return Place(self._arriving, self._received, self._now)

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

    def _counted_without_body(self) -> int:
        """Return how many requests without bodies count, and release the places of the slow ones."""
        while self._arriving:
            place, since = next(iter(self._arriving.items()))
            if since > self._now() - BODY_SECONDS:
                break
            del self._arriving[place]
        return min(len(self._arriving), int(_WITHOUT_BODY * self._batcher.capacity))


class Place:
    """The place of one request in an `Admission`.

    The request is counted for `BODY_SECONDS`, and again from the arrival of its body until the context ends. If a
    request without a body were counted longer, clients that never send a body could fill the admission.
    """

    def __init__(
        self, arriving: "dict[Place, float]", received: "set[Place]", now: Callable[[], float]
    ) -> None:
        self._arriving = arriving
        self._received = received
        self._now = now

    def __enter__(self) -> Self:
        self._arriving[self] = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        self._arriving.pop(self, None)
        self._received.discard(self)

    def body_arrived(self) -> None:
        """Count the request until the context ends."""
        self._arriving.pop(self, None)
        self._received.add(self)
