"""Rate limits kept in the memory of this process."""

import math
import time
from collections.abc import Callable

from adapters.rate_limits.moving_window import MovingWindows
from application.rate_limits.ports import Allowance, RateLimiter, RateLimitPolicy


class InProcessRateLimiter(RateLimiter):
    """Goes by the exact moment of each request that was allowed. Several processes count each for itself.

    `clock` gives seconds since any beginning. A request that is refused does not count.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, max_partitions: int = 100_000) -> None:
        self._clock = clock
        self._windows = MovingWindows(max_keys=max_partitions)

    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        now = self._clock()
        key = (policy.name, partition)
        taken = self._windows.take(key, limit=policy.quota, window=policy.window, now=now)
        # Adding and taking away the same window need not give it back: floats round.
        resets_in = min(policy.window, max(1, math.ceil(taken.oldest + policy.window - now)))
        return Allowance(taken.allowed, policy.quota - taken.used, resets_in=resets_in)

    async def close(self) -> None:
        """Nothing is open."""
