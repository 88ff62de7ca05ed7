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


def limited(policy: RateLimitPolicy) -> Callable[..., Awaitable[None]]:
    """Return a dependency that counts the request against the policy, by user, or by address without a token."""

    @refuses_with("rate_limited")
    async def take(
        request: Request,
        response: Response,
        visitor: Visitor,
        limiter: Annotated[RateLimiter, provided(Container.rate_limiter)],
    ) -> None:
        partition = str(visitor.user_id) if visitor else _network_address(request)
        allowance = await limiter.take(policy, partition)
        headers = rate_limit_headers(policy, allowance)
        if not allowance.allowed:
            raise HTTPProblem("rate_limited", headers={**headers, "Retry-After": str(allowance.resets_in)})
        response.headers.update(headers)

    return take


def _network_address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


LimitReads = Depends(limited(READS))
LimitWrites = Depends(limited(WRITES))
LimitOrders = Depends(limited(ORDERS))
LimitSignUps = Depends(limited(SIGN_UPS))
LimitLogIns = Depends(limited(LOG_INS))
