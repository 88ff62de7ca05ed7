"""Rate limits switched off, for example for a benchmark."""

from application.rate_limits.ports import Allowance, RateLimiter, RateLimitPolicy


class UnlimitedRateLimiter(RateLimiter):
    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:  # noqa: ARG002 - the port's signature
        return Allowance(allowed=True, remaining=policy.quota, resets_in=0)

    async def close(self) -> None: ...
