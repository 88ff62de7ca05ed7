"""Rate limits kept in the memory of this process."""

import math
import time
from collections.abc import Callable

from adapters.limits.moving_window import MovingWindowStorage
from application.limits.ports import Allowance, RateLimiter, RateLimitPolicy


class InProcessRateLimiter(RateLimiter):
    """Goes by the exact moment of each request that was allowed. Several processes count each for itself.

    `clock` gives seconds since any beginning. A request that is refused does not count.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, max_partitions: int = 100_000) -> None:
        self._clock = clock
        self._storage = MovingWindowStorage(clock, max_keys=max_partitions)

    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        key = f"{policy.name}/{partition}"
        allowed = await self._storage.acquire_entry(key, policy.quota, policy.window)
        oldest, used = await self._storage.get_moving_window(key, policy.quota, policy.window)
        resets_at = oldest + policy.window
        # Adding and taking away the same window need not give it back: floats round.
        resets_in = min(policy.window, max(1, math.ceil(resets_at - self._clock())))
        return Allowance(allowed, policy.quota - used, resets_in=resets_in)

    async def close(self) -> None: ...
