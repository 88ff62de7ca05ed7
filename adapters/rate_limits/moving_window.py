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

    The stored keys are examined in turn: each request examines one key, and a request with a new key examines two
    keys. If the window of an examined key has passed, the key is dropped. Keys are therefore dropped faster than they
    are added. When there are `max_keys` keys, the key that was examined longest ago is dropped.
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
