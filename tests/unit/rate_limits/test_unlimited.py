"""Disabled rate limits admit every request."""

from adapters.rate_limits.in_process import UnlimitedRateLimiter
from application.rate_limits.ports import Allowance, RateLimitPolicy


async def test_unlimited_rate_limiter_admits_every_request() -> None:
    limiter, policy = UnlimitedRateLimiter(), RateLimitPolicy("orders", quota=1, window=60)
    for _ in range(3):
        assert await limiter.take(policy, "ann") == Allowance(allowed=True, remaining=1, resets_in=0)
