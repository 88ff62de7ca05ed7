"""Rate limits, as dependencies."""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request, Response

from application.rate_limits.ports import RateLimiter, RateLimitPolicy
from domain.shared.errors import DomainError
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.problems.openapi import raises_problems
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.representation.response_headers import sends_headers
from entrypoints.http.routing.dependency_options import before_body, immediate
from entrypoints.http.security.authentication import TokenResult
from entrypoints.http.security.client_network import get_network, network_of_client, trusted_proxies

_text_of_id = lru_cache(maxsize=10_000)(str)
"""Convert an id to text.

The principal of a token is cached, so all requests with this token have the same id object. This function caches the
text of the id object.
"""


@immediate
def get_principal_or_network(principal: TokenResult, request: Request) -> str:
    """Return the caller's id, or the network of a caller without a valid token."""
    if principal is None or isinstance(principal, DomainError):
        return network_of_client(request, trusted_proxies.resolve(request))
    return _text_of_id(principal.id)


def limited(policy_name: str, *, by: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[None]]:
    """Return a dependency that applies a rate limit. Each value that `by` returns has its own quota.

    The response has the headers of draft-ietf-httpapi-ratelimit-headers: RateLimit-Policy and RateLimit.
    """

    @before_body
    @sends_headers("RateLimit", "RateLimit-Policy")
    @raises_problems("rate_limited")
    async def take(
        response: Response,
        partition: Annotated[str, Depends(by)],
        limiter: Annotated[RateLimiter, from_container(GRAPH.security.rate_limiter)],
        policies: Annotated[
            Mapping[str, RateLimitPolicy], from_container(GRAPH.security.rate_limit_policies)
        ],
    ) -> None:
        policy = policies[policy_name]
        allowance = await limiter.take(policy, partition)
        headers = (
            _policy_header(policy.name, policy.quota, policy.window),
            _remaining_header(policy.name, allowance.remaining, allowance.resets_in),
        )
        if not allowance.allowed:
            sent = {name.decode(): value.decode() for name, value in headers}
            raise HTTPProblem("rate_limited", headers={**sent, "Retry-After": str(allowance.resets_in)})
        response.raw_headers += headers

    return take


@lru_cache(maxsize=64)
def _policy_header(name: str, quota: int, window: int) -> tuple[bytes, bytes]:
    return b"ratelimit-policy", f'"{name}";q={quota};w={window}'.encode()


@lru_cache(maxsize=4096)
def _remaining_header(name: str, remaining: int, resets_in: int) -> tuple[bytes, bytes]:
    return b"ratelimit", f'"{name}";r={remaining};t={resets_in}'.encode()


LimitReads = Depends(limited("reads", by=get_principal_or_network))
LimitWrites = Depends(limited("writes", by=get_principal_or_network))
LimitOrders = Depends(limited("orders", by=get_principal_or_network))
# Sign-up, log-in and log-out need no token. Their requests are counted by network, even if a token is sent. The use
# cases also throttle attempts to sign up and to log in: see domain/users/attempts.py.
LimitSignUps = Depends(limited("writes", by=get_network))
LimitTokens = Depends(limited("tokens", by=get_network))
LimitLogOuts = Depends(limited("writes", by=get_network))
LimitKeySets = Depends(limited("reads", by=get_network))
