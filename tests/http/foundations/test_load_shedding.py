"""Load shedding rejects requests before their token and their body are checked."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager

from tests.kit.web import WebShop

BODY = b'{"lines": []}'
WRONG_TOKEN = {"Authorization": "Bearer wrong", "Content-Type": "application/json"}


@contextmanager
def full(web: WebShop) -> Iterator[None]:
    """Occupy every place for orders during the context."""
    admission = web.container.orders.order_admission()
    with ExitStack() as places:
        while not admission.is_full:
            places.enter_context(admission.entered())
        yield


async def test_request_that_arrives_at_a_full_service_is_rejected(web: WebShop) -> None:
    with full(web):
        response = await web.visitor.post("/v1/orders", content=BODY, headers=WRONG_TOKEN)
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")
    assert int(response.headers["Retry-After"]) >= 1


async def test_request_is_rejected_if_the_service_is_full_when_its_body_arrives(web: WebShop) -> None:
    with ExitStack() as stack:

        async def body() -> AsyncIterator[bytes]:
            yield BODY[:5]
            stack.enter_context(full(web))
            yield BODY[5:]

        response = await web.visitor.post("/v1/orders", content=body(), headers=WRONG_TOKEN)
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")
    assert (await web.visitor.post("/v1/orders", content=BODY, headers=WRONG_TOKEN)).status_code == 401


async def test_unfinished_request_with_an_invalid_token_takes_no_admission_place(web: WebShop) -> None:
    admission = web.container.orders.order_admission()
    places: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        yield BODY[:5]
        places.append(len(admission))
        yield BODY[5:]

    response = await web.visitor.post("/v1/orders", content=body(), headers=WRONG_TOKEN)
    assert response.status_code == 401
    assert places == [0]


async def test_burst_of_requests_is_rejected_before_tokens_are_checked(web: WebShop) -> None:
    admission = web.container.orders.order_admission()
    with ExitStack() as places:
        capacity = 0
        while not admission.is_full:
            places.enter_context(admission.received())
            capacity += 1
    requests = capacity + 7
    all_headers_have_arrived = asyncio.Barrier(requests)

    async def body() -> AsyncIterator[bytes]:
        yield BODY[:5]
        await all_headers_have_arrived.wait()
        yield BODY[5:]

    responses = await asyncio.gather(
        *(web.visitor.post("/v1/orders", content=body(), headers=WRONG_TOKEN) for _ in range(requests))
    )
    statuses = Counter(response.status_code for response in responses)
    assert statuses == {401: capacity, 503: 7}
    assert not admission.is_full
