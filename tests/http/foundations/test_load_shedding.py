"""Load shedding rejects a request before the request's token and body are checked."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.shared.admission import Admission
from application.shared.batching import Batcher
from entrypoints.http.middleware.load_shedding import LoadSheddingMiddleware
from entrypoints.http.routing.body import MAX_BODY_BYTES
from entrypoints.metrics.cells import Cells
from entrypoints.metrics.families import ADMISSION_REJECTIONS
from entrypoints.metrics.instruments import Counter as MetricsCounter
from tests.kit.web import WebShop

BODY = b'{"lines": []}'
WRONG_TOKEN = {"Authorization": "Bearer wrong", "Content-Type": "application/json"}


SCOPE = {"type": "http", "method": "POST", "path": "/v1/orders", "headers": []}


def shedding(app: ASGIApp, admission: Admission) -> LoadSheddingMiddleware:
    return LoadSheddingMiddleware(
        app,
        gates={("POST", "/v1/orders"): lambda: admission},
        rejections=MetricsCounter(Cells(), ADMISSION_REJECTIONS),
    )


@contextmanager
def full(web: WebShop) -> Iterator[None]:
    """Within this context, the limit of concurrent order requests is reached."""
    admission = web.container.orders.order_admission()
    with ExitStack() as places:
        while not admission.is_full:
            places.enter_context(admission.entered())
        yield


async def test_request_that_arrives_at_the_capacity_limit_is_rejected(web: WebShop) -> None:
    with full(web):
        response = await web.anonymous.post("/v1/orders", content=BODY, headers=WRONG_TOKEN)
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")
    assert int(response.headers["Retry-After"]) >= 1


async def test_request_is_rejected_if_the_capacity_is_used_up_when_the_body_arrives(web: WebShop) -> None:
    with ExitStack() as stack:

        async def body() -> AsyncIterator[bytes]:
            yield BODY[:5]
            stack.enter_context(full(web))
            yield BODY[5:]

        response = await web.anonymous.post("/v1/orders", content=body(), headers=WRONG_TOKEN)
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")
    assert (await web.anonymous.post("/v1/orders", content=BODY, headers=WRONG_TOKEN)).status_code == 401


async def test_burst_of_requests_is_rejected_before_access_tokens_are_verified(web: WebShop) -> None:
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
        *(web.anonymous.post("/v1/orders", content=body(), headers=WRONG_TOKEN) for _ in range(requests))
    )
    statuses = Counter(response.status_code for response in responses)
    assert statuses == {401: capacity, 503: 7}
    assert not admission.is_full


async def run_alone(commands: Sequence[str]) -> Sequence[str]:
    return commands


async def send(message: Message) -> None: ...


async def test_request_counts_toward_the_capacity_only_after_its_body_has_arrived() -> None:
    admission = Admission(Batcher(run_alone, max_batch=1, max_waiting=1))
    parts = iter((BODY[:5], BODY[5:]))
    was_full: list[bool] = []

    async def receive() -> Message:
        was_full.append(admission.is_full)
        part = next(parts)
        return {"type": "http.request", "body": part, "more_body": part == BODY[:5]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        was_full.append(admission.is_full)

    await shedding(app, admission)(SCOPE, receive, send)
    assert was_full == [False, False, True]


async def test_parts_of_a_request_body_are_passed_to_the_app_as_one_message() -> None:
    parts = iter(BODY)

    async def receive() -> Message:
        part = next(parts)
        return {"type": "http.request", "body": bytes([part]), "more_body": part != BODY[-1]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())

    received: list[Message] = []
    await shedding(app, Admission(Batcher(run_alone)))(SCOPE, receive, send)
    assert received == [{"type": "http.request", "body": BODY, "more_body": False}]


async def test_load_shedding_waits_only_for_the_beginning_of_an_oversized_body() -> None:
    part = {"type": "http.request", "body": bytes(MAX_BODY_BYTES), "more_body": True}
    requested = 0

    async def receive() -> Message:
        nonlocal requested
        requested += 1
        return part

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        assert requested == 2
        received.append(await receive())

    received: list[Message] = []
    await shedding(app, Admission(Batcher(run_alone)))(SCOPE, receive, send)
    assert received == [{**part, "body": bytes(2 * MAX_BODY_BYTES)}, part]


@pytest.mark.parametrize(
    ("ended", "message"),
    [
        (None, {"type": "http.request", "body": BODY, "more_body": False}),
        (None, {"type": "http.disconnect"}),
        (RuntimeError(), {"type": "http.request", "body": BODY, "more_body": False}),
        (asyncio.CancelledError(), {"type": "http.request", "body": BODY, "more_body": False}),
    ],
    ids=["answered", "client disconnected", "failed", "cancelled"],
)
async def test_request_no_longer_counts_toward_the_capacity_after_it_ends(
    ended: BaseException | None, message: Message
) -> None:
    admission = Admission(Batcher(run_alone, max_batch=1, max_waiting=1))
    received: list[Message] = []

    async def receive() -> Message:
        return message

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert admission.is_full
        received.append(await receive())
        if ended is not None:
            raise ended

    with nullcontext() if ended is None else pytest.raises(type(ended)):
        await shedding(app, admission)(SCOPE, receive, send)
    assert received == [message]
    assert not admission.is_full
