"""A storage for the `limits` library whose cost does not grow with the number of keys."""

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable

from limits.aio.storage import MemoryStorage


class MovingWindowStorage(MemoryStorage):
    """Keeps the moments of each key's requests, in seconds of `clock`, for the moving-window strategy.

    The library's own storage looks through all its keys after each request, with a thread for each of them,
    which at 5,000 keys took a whole core. This one looks at two for each request, in turn, and forgets those
    whose window has passed, so that it forgets faster than it learns. When there are `max_keys` all the same,
    the one that was looked at longest ago makes room.
    """

    def __init__(self, clock: Callable[[], float], *, max_keys: int) -> None:
        super().__init__()
        self._clock = clock
        self._max_keys = max_keys
        self._windows: OrderedDict[str, tuple[int, array[float]]] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of keys that are remembered."""
        return len(self._windows)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now = self._clock()
        self._forget_passed(now)
        if key not in self._windows and len(self._windows) >= self._max_keys:
            self._windows.popitem(last=False)
        _, moments = self._windows.setdefault(key, (expiry, array("d")))
        del moments[: bisect_right(moments, now - expiry)]
        if len(moments) + amount > limit:
            return False
        moments.extend([now] * amount)
        return True

    async def get_moving_window(
        self,
        key: str,
        limit: int,  # noqa: ARG002 - the library's signature
        expiry: int,
    ) -> tuple[float, int]:
        now = self._clock()
        _, moments = self._windows.get(key, (expiry, array("d")))
        first = bisect_right(moments, now - expiry)
        return (moments[first] if first < len(moments) else now), len(moments) - first

    def _forget_passed(self, now: float) -> None:
        for _ in range(min(2, len(self._windows))):
            key, (expiry, moments) = self._windows.popitem(last=False)
            if moments and moments[-1] > now - expiry:
                self._windows[key] = (expiry, moments)
