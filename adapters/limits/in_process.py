"""Rate limits kept in the memory of this process."""

import math
import time
from collections.abc import Callable

from limits import RateLimitItemPerSecond
from limits.aio.strategies import MovingWindowRateLimiter

from adapters.limits.moving_window import MovingWindowStorage
from application.limits.ports import Allowance, RateLimiter, RateLimitPolicy


class InProcessRateLimiter(RateLimiter):
    """Goes by the exact moment of each request that was allowed. Several processes count each for itself.

    `clock` gives seconds since any beginning. A request that is refused does not count.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, max_partitions: int = 100_000) -> None:
        self._clock = clock
        self._storage = MovingWindowStorage(clock, max_keys=max_partitions)
        self._limiter = MovingWindowRateLimiter(self._storage)

    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        item = RateLimitItemPerSecond(policy.quota, policy.window, namespace=policy.name)
        allowed = await self._limiter.hit(item, partition)
        resets_at, remaining = await self._limiter.get_window_stats(item, partition)
        # Adding and taking away the same window need not give it back: floats round.
        resets_in = min(policy.window, max(1, math.ceil(resets_at - self._clock())))
        return Allowance(allowed, remaining, resets_in=resets_in)
