"""Rate limits per caller, and the response headers that state these limits."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.openapi import operations
from tests.kit.samples import SampleShop
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, web_shop

UNLIMITED = {
    "get_liveness": "a busy process must not look dead",
    "get_readiness": "the same",
    "get_metrics": "the same",
    "list_problems": "a page that is made once",
    "get_problem": "the same",
    "receive_provider_message": "a rejected provider retries for days, and its signature authenticates it",
}


QUOTAS = {"rate_limit_orders": 3, "rate_limit_tokens": 30}


@pytest.fixture
async def web() -> AsyncIterator[WebShop]:
    async with web_shop(container_over(memory_store(), rate_limit_enabled=True)) as web:
        yield web


@pytest.fixture
async def small() -> AsyncIterator[WebShop]:
    """A service whose rate limits have small quotas."""
    async with web_shop(container_over(memory_store(), rate_limit_enabled=True, **QUOTAS)) as web:
        yield web


async def test_every_operation_has_a_rate_limit_or_is_listed_as_exempt(web: WebShop) -> None:
    shared, without = await SampleShop.of(web), set()
    for operation in operations():
        sample_shop = shared if operation.method == "GET" else await SampleShop.of(web)
        sample = await sample_shop.sample(operation)
        response = await sample.send(web)
        assert response.is_success, (operation.id, response.text)
        if "RateLimit" not in response.headers:
            without.add(operation.id)
    assert without == set(UNLIMITED)


async def test_response_to_an_exhausted_quota_has_retry_after(small: WebShop) -> None:
    customer, other = await small.customer(), await small.customer()
    for _ in range(QUOTAS["rate_limit_orders"]):
        answer = await customer.post("/v1/orders", json={}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 422
    refused = await customer.post("/v1/orders", json={}, headers={"Idempotency-Key": "k"})
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["RateLimit-Policy"] == f'"orders";q={QUOTAS["rate_limit_orders"]};w=60'
    assert refused.headers["RateLimit"] == f'"orders";r=0;t={refused.headers["Retry-After"]}'
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert (await other.post("/v1/orders", json={}, headers={"Idempotency-Key": "k"})).status_code == 422
    assert (await customer.get("/v1/orders")).status_code == 200


async def test_token_request_with_an_invalid_bearer_token_uses_the_quota_of_the_network(
    small: WebShop,
) -> None:
    for number in range(QUOTAS["rate_limit_tokens"]):
        form = {"grant_type": "refresh_token", "refresh_token": f"guess-{number}"}
        await small.anonymous.post("/token", data=form, headers={"Authorization": f"Bearer {number}"})
    form = {"grant_type": "refresh_token", "refresh_token": "one more"}
    assert (await small.anonymous.post("/token", data=form)).status_code == 429
