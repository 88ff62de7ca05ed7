"""How many may be inside at once."""

import asyncio
from collections.abc import Callable
from typing import Any

from application.shared.batching import Batcher
from application.shared.errors import Overloaded

_GOLDEN = 0.6180339887498949
"""The fraction of the golden ratio: its multiples spread over what is left of one more evenly than chance would."""


class Admission:
    """Lets in as many as a batcher can serve in time, counted from the door to the answer.

    In a crowd all come through the door before the first of them has come as far as the queue: the queue alone would turn
    them away only there, when most of the work is done.

    Who is one too many is refused, but about `pause` seconds later: who is refused at once asks again at once, and a
    crowd of those takes the time of all who are served. Each is held for a different while, a fifth more or less, so
    that a crowd that came at once does not come back at once.
    """

    def __init__(self, batcher: Batcher[Any, Any], *, pause: float) -> None:
        self._batcher = batcher
        self._pause = pause
        self._inside = 0
        self._refused = 0

    def __len__(self) -> int:
        """Return how many are inside."""
        return self._inside

    async def enter(self) -> Callable[[], None]:
        """Return what is to be called when the one who was let in is done. Raises Overloaded."""
        if self._inside >= self._batcher.capacity:
            self._refused += 1
            await asyncio.sleep(self._pause * (0.8 + 0.4 * (self._refused * _GOLDEN % 1)))
            raise Overloaded
        self._inside += 1
        return self._leave

    def _leave(self) -> None:
        self._inside -= 1
