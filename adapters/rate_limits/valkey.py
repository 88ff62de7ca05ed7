"""Rate limits that all processes share, in Valkey or Redis."""

import math
from collections.abc import Callable
from time import monotonic

import structlog
from valkey.asyncio import BlockingConnectionPool, Valkey
from valkey.exceptions import ValkeyError

from application.rate_limits.ports import Allowance, RateLimiter, RateLimitPolicy

CONNECTIONS = 16
"""The number of connections per process.

A script takes microseconds, so a few connections are sufficient for many requests.
"""
TIMEOUT = 0.25
"""The maximum number of seconds that a request waits for a connection or for a reply."""
PAUSE = 5.0
"""The pause in seconds between attempts to reach a failed server.

Because of the pause, few requests wait for the server.
"""

# The server runs the script atomically with its own clock, so the clocks of processes do not matter. A list
# contains the times, in microseconds, of the requests that were allowed within the window.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local quota, window = tonumber(ARGV[1]), ARGV[2] * 1000000
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and oldest + window <= now do
    redis.call('LPOP', KEYS[1])
    oldest = redis.call('LINDEX', KEYS[1], 0)
end
local taken = redis.call('LLEN', KEYS[1])
local allowed = taken < quota
if allowed then
    redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    taken = taken + 1
end
return {allowed and 1 or 0, math.max(0, quota - taken), (oldest or now) + window - now}
"""

_log = structlog.get_logger(__name__)


def connect(url: str, *, timeout: float = TIMEOUT) -> Valkey:
    """Return a client for a URL. The client connects when it is first used.

    The scheme is `valkey`, `valkeys`, `redis`, `rediss` or `unix`. `timeout` is in seconds. Raises ValueError
    for any other URL.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
    )
    return Valkey.from_pool(pool)


class ValkeyRateLimiter(RateLimiter):
    """Rate limits that all processes share. Counting a request takes one round trip.

    While the server does not respond, `fallback` decides. A limit can then be exceeded, which is better than
    rejecting every request. The beginning and the end of such a period are logged. `clock` returns monotonic seconds.
    """

    def __init__(
        self, server: Valkey, fallback: RateLimiter, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._server = server
        self._take = server.register_script(TAKE)
        self._fallback = fallback
        self._clock = clock
        self._away_until: float | None = None

    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        if self._away_until is not None:
            if self._clock() < self._away_until:
                return await self._fallback.take(policy, partition)
            # This request tries the server again. Meanwhile, other requests use the fallback.
            self._away_until = self._clock() + PAUSE
        try:
            allowed, remaining, microseconds = await self._take(
                keys=[f"steelyard:limits:{policy.name}:{partition}"], args=[policy.quota, policy.window]
            )
        except (ValkeyError, OSError) as error:
            if self._away_until is None:
                _log.warning("rate limits are not shared", reason=type(error).__name__)
            self._away_until = self._clock() + PAUSE
            return await self._fallback.take(policy, partition)
        if self._away_until is not None:
            _log.info("rate limits are shared again")
            self._away_until = None
        resets_in = min(policy.window, max(1, math.ceil(microseconds / 1_000_000)))
        return Allowance(bool(allowed), remaining, resets_in)

    async def close(self) -> None:
        await self._server.aclose()
