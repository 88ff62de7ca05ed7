"""Rate limits."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RateLimitPolicy:
    """At most `quota` requests in any `window` seconds, for each partition (a user, or a network address)."""

    name: str
    quota: int
    window: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request is within the quota, the remaining quota, and the seconds until it grows."""

    allowed: bool
    remaining: int
    resets_in: int


class RateLimiter(Protocol):
    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        """Count one request of `partition` against `policy`."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
