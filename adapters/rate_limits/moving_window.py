"""The times of requests by key. A key consists of a rate limit and a partition.

The number of keys does not affect the cost of a request.
"""

from array import array
from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple


class Taken(NamedTuple):
    """The decision about a request.

    `used` is the number of requests in the window. `oldest` is the time of the oldest of these requests.
    """

    allowed: bool
    used: int
    oldest: float


class MovingWindows:
    """For each key, the times in seconds of the requests within the window.

    Each request examines one stored key: the key that was examined longest ago. A request with a new key also
    examines a second stored key. If an examined key has no request within the window, the key is removed. Therefore
    unused keys are removed faster than new keys are added. If `max_keys` keys are stored, a new key replaces the key
    that was examined longest ago.
    """

    def __init__(self, *, max_keys: int) -> None:
        self._max_keys = max_keys
        self._windows: OrderedDict[tuple[str, str], tuple[int, array[float]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def take(self, key: tuple[str, str], *, limit: int, window: int, now: float) -> Taken:
        """Count a request unless it would exceed the limit."""
        self._examine_next(now)
        entry = self._windows.get(key)
        if entry is None:
            self._examine_next(now)
            if len(self._windows) >= self._max_keys:
                self._windows.popitem(last=False)
            entry = self._windows[key] = (window, array("d"))
        moments = entry[1]
        if moments and moments[0] <= now - window:
            del moments[: bisect_right(moments, now - window)]
        allowed = len(moments) < limit
        if allowed:
            moments.append(now)
        return Taken(allowed, len(moments), moments[0] if moments else now)

    def _examine_next(self, now: float) -> None:
        if not self._windows:
            return
        key, (window, moments) = next(iter(self._windows.items()))
        if moments and moments[-1] > now - window:
            self._windows.move_to_end(key)
        else:
            del self._windows[key]
