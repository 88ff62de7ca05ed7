"""Rate limits."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RateLimitPolicy:
    """At most `quota` requests of a partition in any `window` seconds.

    A partition is one user or one network address.
    """

    name: str
    quota: int
    window: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """The decision about a request: whether it is allowed, and the remaining quota.

    `resets_in` is the number of seconds until the remaining quota grows.
    """

    allowed: bool
    remaining: int
    resets_in: int


class RateLimiter(Protocol):
    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        """Count one request of `partition` against `policy`, and return the decision."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
