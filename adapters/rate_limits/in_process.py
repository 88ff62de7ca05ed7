"""Rate limits in the memory of this process."""

import math
import time
from collections.abc import Callable

from adapters.rate_limits.moving_window import MovingWindows
from application.rate_limits.ports import Allowance, RateLimiter, RateLimitPolicy


class InProcessRateLimiter(RateLimiter):
    """A rate limiter that stores the times of allowed requests in the memory of this process.

    `clock` returns monotonic seconds. A rejected request is not counted against the limit.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, max_partitions: int = 100_000) -> None:
        self._clock = clock
        self._windows = MovingWindows(max_keys=max_partitions)

    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        now = self._clock()
        key = (policy.name, partition)
        taken = self._windows.take(key, limit=policy.quota, window=policy.window, now=now)
        # Adding and then subtracting the window can give a different number, because floats are rounded.
        resets_in = min(policy.window, max(1, math.ceil(taken.oldest + policy.window - now)))
        return Allowance(taken.allowed, policy.quota - taken.used, resets_in=resets_in)

    async def close(self) -> None:
        """Do nothing, because there is no connection to close."""


class UnlimitedRateLimiter(RateLimiter):
    """A rate limiter without limits, for example for a benchmark."""

    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:  # noqa: ARG002 - the port has this parameter for limiters that count
        return Allowance(allowed=True, remaining=policy.quota, resets_in=0)

    async def close(self) -> None: ...
