"""How often each caller may ask, as dependencies."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response

from application.limits.ports import Allowance, RateLimiter, RateLimitPolicy
from entrypoints.container import Container
from entrypoints.http.authentication import Visitor
from entrypoints.http.problems.openapi import refuses_with
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.provided import provided

READS = RateLimitPolicy("reads", quota=1200, window=60)
WRITES = RateLimitPolicy("writes", quota=300, window=60)
ORDERS = RateLimitPolicy("orders", quota=60, window=60)
SIGN_UPS = RateLimitPolicy("sign-ups", quota=100, window=60)
LOG_INS = RateLimitPolicy("log-ins", quota=100, window=60)


def rate_limit_headers(policy: RateLimitPolicy, allowance: Allowance) -> dict[str, str]:
    """Return the headers of draft-ietf-httpapi-ratelimit-headers: quota and window, what remains and for how long."""
    return {
        "RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={policy.window}',
        "RateLimit": f'"{policy.name}";r={allowance.remaining};t={allowance.resets_in}',
    }


async def get_network_address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


async def get_user_or_network_address(
    visitor: Visitor, network_address: Annotated[str, Depends(get_network_address)]
) -> str:
    return str(visitor.user_id) if visitor else network_address


def limited(policy: RateLimitPolicy, *, by: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[None]]:
    """Return a dependency that counts the request against the policy, separately for each value of `by`."""

    @refuses_with("rate_limited")
    async def take(
        response: Response,
        partition: Annotated[str, Depends(by)],
        limiter: Annotated[RateLimiter, provided(Container.rate_limiter)],
    ) -> None:
        allowance = await limiter.take(policy, partition)
        headers = rate_limit_headers(policy, allowance)
        if not allowance.allowed:
            raise HTTPProblem("rate_limited", headers={**headers, "Retry-After": str(allowance.resets_in)})
        response.headers.update(headers)

    return take


LimitReads = Depends(limited(READS, by=get_user_or_network_address))
LimitWrites = Depends(limited(WRITES, by=get_user_or_network_address))
LimitOrders = Depends(limited(ORDERS, by=get_user_or_network_address))
# Who signs up, logs in or logs out needs no token. One that has expired meanwhile must not keep its owner out.
LimitSignUps = Depends(limited(SIGN_UPS, by=get_network_address))
LimitLogIns = Depends(limited(LOG_INS, by=get_network_address))
LimitLogOuts = Depends(limited(WRITES, by=get_network_address))
LimitKeySets = Depends(limited(READS, by=get_network_address))
