"""Load shedding rejects a request before the request's body arrives."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.shared.admission import BODY_SECONDS, Admission
from application.shared.batching import Batcher
from entrypoints.http.middleware.load_shedding import LoadSheddingMiddleware, Rejections
from entrypoints.metrics.cells import Cells
from entrypoints.metrics.families import ADMISSION_REJECTIONS
from entrypoints.metrics.instruments import Counter
from entrypoints.metrics.metrics import HttpMetrics
from tests.kit.logs import captured_log
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, key, order_body, web_shop

BODY = b'{"lines": []}'
WRONG_TOKEN = {"Authorization": "Bearer wrong", "Content-Type": "application/json"}


SCOPE = {"type": "http", "method": "POST", "path": "/v1/orders", "headers": []}


def shedding(app: ASGIApp, admission: Admission) -> LoadSheddingMiddleware:
    cells = Cells()
    return LoadSheddingMiddleware(
        app,
        gates={"/v1/orders": lambda: admission},
        rejections=Rejections(metrics=HttpMetrics(cells), rejected=Counter(cells, ADMISSION_REJECTIONS)),
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


async def test_order_is_rejected_if_the_capacity_is_used_up_when_its_body_arrives(web: WebShop) -> None:
    customer = await web.customer()
    content = json.dumps(order_body((await web.product(), 1))).encode()
    headers = {"Content-Type": "application/json", **key("1")}
    with ExitStack() as stack:

        async def body() -> AsyncIterator[bytes]:
            yield content[:5]
            stack.enter_context(full(web))
            yield content[5:]

        response = await customer.post("/v1/orders", content=body(), headers=headers)
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")
    assert (await customer.post("/v1/orders", content=content, headers=headers)).status_code == 201


async def test_rejection_is_logged_with_its_request_id_like_any_other_response(web: WebShop) -> None:
    sent = {"X-Request-Id": "mine-1"}
    with full(web), captured_log() as log:
        rejected = await web.anonymous.post("/v1/orders", content=BODY, headers=sent)
        await web.anonymous.get("/v1/orders", headers=sent)
        await asyncio.sleep(0)  # the log is written at the end of an iteration of the event loop
    assert rejected.headers["X-Request-Id"] == rejected.json()["request_id"] == "mine-1"
    rejection, other = (json.loads(line) for line in log.getvalue().splitlines())
    assert (rejection["status"], rejection["problem"], rejection["route"]) == (
        503,
        "overloaded",
        "/v1/orders",
    )
    assert rejection.keys() == other.keys()
    assert rejection["request_id"] == other["request_id"] == "client:mine-1"


async def test_each_rejection_has_a_new_request_id(web: WebShop) -> None:
    with full(web):
        ids = [(await web.anonymous.post("/v1/orders", content=BODY)).headers["X-Request-Id"] for _ in "12"]
    assert len(set(ids)) == 2
    assert all(len(request_id) == 32 for request_id in ids)


async def test_rejection_has_security_headers_and_is_readable_for_allowed_origins() -> None:
    origin = "https://shop.example"
    settings: dict[str, Any] = {
        "cors_origins": origin,
        "token_issuer": "https://api.shop.example",
        "allow_sandbox": True,
    }
    container = container_over(memory_store(), **settings)
    async with web_shop(container) as opened:
        sent = {"Origin": origin, **WRONG_TOKEN}
        other = await opened.anonymous.post("/v1/orders", content=BODY, headers=sent)
        with full(opened):
            rejected = await opened.anonymous.post("/v1/orders", content=BODY, headers=sent)
    assert (other.status_code, rejected.status_code) == (401, 503)
    own_headers = {"www-authenticate", "ratelimit", "ratelimit-policy"}
    assert other.headers.keys() - rejected.headers.keys() <= own_headers
    for name in ("access-control-allow-origin", "cache-control", "strict-transport-security"):
        assert rejected.headers.get_list(name) == other.headers.get_list(name)
        assert len(rejected.headers.get_list(name)) == 1


async def run_alone(commands: Sequence[str]) -> Sequence[str]:
    return commands


async def send(message: Message) -> None: ...


async def test_burst_of_requests_is_rejected_before_their_bodies_arrive() -> None:
    admission = Admission(Batcher(run_alone, max_batch=4, max_waiting=4), now=lambda: 0)
    bodies_have_arrived = asyncio.Event()
    statuses: list[int] = []

    async def receive() -> Message:
        await bodies_have_arrived.wait()
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 201})

    async def request() -> None:
        await middleware({**SCOPE}, receive, send)

    middleware = shedding(app, admission)
    with admission.place() as earlier:
        earlier.body_arrived()
        burst = [asyncio.create_task(request()) for _ in range(10)]
        await asyncio.wait(burst, timeout=9, return_when=asyncio.FIRST_COMPLETED)
        assert statuses.count(503) == 7
        bodies_have_arrived.set()
        await asyncio.gather(*burst)
    assert statuses.count(201) == 3
    assert not admission.is_full


async def test_request_does_not_count_toward_the_capacity_if_its_body_is_slow() -> None:
    time = 0.0
    admission = Admission(Batcher(run_alone, max_batch=2, max_waiting=2), now=lambda: time)
    parts = iter((BODY[:5], BODY[5:]))
    was_full: list[bool] = []

    async def receive() -> Message:
        nonlocal time
        time += 10 * BODY_SECONDS
        was_full.append(admission.is_full)
        part = next(parts)
        return {"type": "http.request", "body": part, "more_body": part == BODY[:5]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        was_full.append(admission.is_full)
        for _ in "12":
            await receive()
            was_full.append(admission.is_full)

    with admission.place() as other:
        other.body_arrived()
        await shedding(app, admission)({**SCOPE}, receive, send)
    assert was_full == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("ended", "message"),
    [
        (None, {"type": "http.request", "body": BODY, "more_body": False}),
        (None, {"type": "http.disconnect"}),
        (RuntimeError(), {"type": "http.request", "body": BODY, "more_body": False}),
        (asyncio.CancelledError(), {"type": "http.request", "body": BODY, "more_body": False}),
    ],
    ids=["answered", "client disconnected", "failed", "canceled"],
)
async def test_request_no_longer_counts_toward_the_capacity_after_it_ends(
    ended: BaseException | None, message: Message
) -> None:
    admission = Admission(Batcher(run_alone, max_batch=1, max_waiting=1))
    received: list[Message] = []

    async def receive() -> Message:
        return message

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        assert admission.is_full
        if ended is not None:
            raise ended

    with nullcontext() if ended is None else pytest.raises(type(ended)):
        await shedding(app, admission)(SCOPE, receive, send)
    assert received == [message]
    assert not admission.is_full
