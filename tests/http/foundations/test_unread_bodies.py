import asyncio
import time
from contextlib import suppress
from ipaddress import ip_network
from typing import Any

import pytest
from starlette.types import Message, Scope

from entrypoints.http.middleware import unread_bodies
from entrypoints.http.middleware.unread_bodies import BodyLimits, UnreadBodiesMiddleware
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.proxies import TrustedProxies
from tests.kit.store import memory_store
from tests.kit.web import container_over, key, order_body, web_shop


@pytest.fixture
def _short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_bodies, "TICK_SECONDS", 0.01)


def limits(**changed: Any) -> BodyLimits:
    return BodyLimits(
        **{"seconds": 10.0, "min_rate": 512, "max_unread": 2, "max_unread_per_network": 0, **changed}
    )


def scope_of(peer: str) -> Scope:
    return {"type": "http", "method": "POST", "path": "/", "headers": [], "client": (peer, 1)}


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def read(scope: Scope, receive: Any, send: Any) -> None:
    await receive()


async def send(message: Message) -> None: ...


def middleware(bounds: BodyLimits, networks: tuple[Any, ...] = ()) -> UnreadBodiesMiddleware:
    return UnreadBodiesMiddleware(read, limits=bounds, proxies=TrustedProxies(networks, "x-forwarded-for"))


@pytest.mark.usefixtures("_short_ticks")
async def test_request_whose_body_does_not_arrive_times_out() -> None:
    with pytest.raises(HTTPProblem) as raised:
        await middleware(limits(seconds=0.02))(scope_of("192.0.2.1"), never, send)
    assert (raised.value.type.code, raised.value.type.status) == ("request_timeout", 408)


async def test_waiting_for_a_body_ends_when_the_request_is_canceled() -> None:
    request = asyncio.ensure_future(middleware(limits())(scope_of("192.0.2.1"), never, send))
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request


@pytest.mark.usefixtures("_short_ticks")
@pytest.mark.parametrize(
    ("bounds", "peers", "refused"),
    [
        (limits(), ("192.0.2.1", "192.0.2.2", "192.0.2.3"), True),
        (limits(max_unread=0), ("192.0.2.1", "192.0.2.2", "192.0.2.3"), False),
        (limits(max_unread=0, max_unread_per_network=1), ("192.0.2.1", "192.0.2.1"), True),
        (limits(max_unread=0, max_unread_per_network=1), ("192.0.2.1", "192.0.2.2"), False),
    ],
)
async def test_request_is_rejected_if_too_many_requests_wait_for_their_bodies(
    bounds: BodyLimits, peers: tuple[str, ...], refused: bool
) -> None:
    app = middleware(bounds)
    *waiting, last = (asyncio.ensure_future(app(scope_of(peer), never, send)) for peer in peers)
    done, _ = await asyncio.wait([last], timeout=2 if refused else 0.1)
    assert bool(done) is refused
    for request in (*waiting, last):
        request.cancel()
    results = await asyncio.gather(*waiting, last, return_exceptions=True)
    assert isinstance(results[-1], HTTPProblem) is refused


@pytest.mark.usefixtures("_short_ticks")
async def test_only_requests_that_wait_for_their_bodies_count_as_unread() -> None:
    arrived = asyncio.Event()
    read_bodies = 0

    async def arrive() -> Message:
        nonlocal read_bodies
        await arrived.wait()
        read_bodies += 1
        return {"type": "http.request", "body": b"{}"}

    app = middleware(limits(max_unread=1, max_unread_per_network=1))
    requests = [asyncio.ensure_future(app(scope_of("192.0.2.1"), arrive, send)) for _ in range(8)]
    await asyncio.sleep(0)  # now the service waits for the body of each request
    time.sleep(2 * unread_bodies.TICK_SECONDS)  # noqa: ASYNC251 - simulates a busy event loop, so that the first check is late
    await asyncio.sleep(0)
    arrived.set()
    await asyncio.gather(*requests)
    assert read_bodies == 8


@pytest.mark.usefixtures("_short_ticks")
@pytest.mark.parametrize(("peer", "refused"), [("10.0.0.7", False), ("192.0.2.1", True)])
async def test_trusted_proxy_is_exempt_from_the_limits_on_unread_bodies(peer: str, refused: bool) -> None:
    bounds = limits(max_unread=0, max_unread_per_network=1)
    app = middleware(bounds, networks=(ip_network("10.0.0.0/8"),))
    requests = [asyncio.ensure_future(app(scope_of(peer), never, send)) for _ in range(3)]
    done: set[asyncio.Task[None]] = set()
    with suppress(TimeoutError):
        async with asyncio.timeout(2 if refused else 0.1):
            while len(done) < 2:
                await asyncio.sleep(0.01)
                done = {request for request in requests if request.done()}
    assert len(done) == (2 if refused else 0)
    for request in requests:
        request.cancel()
    await asyncio.gather(*requests, return_exceptions=True)


def test_timeout_for_a_request_body_grows_with_the_received_bytes() -> None:
    assert limits().seconds_for(0) == 5
    assert limits().seconds_for(1024) == 7
    assert limits().seconds_for(10**6) == 10


async def test_incomplete_anonymous_requests_do_not_block_orders_of_customers() -> None:
    async with web_shop(container_over(memory_store(), max_unread_bodies_per_network=0)) as web:
        product, customer = await web.product(), await web.customer()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        path = {"path": "/v1/orders", "raw_path": b"/v1/orders", "query_string": b"", "headers": headers}
        scopes = [{**scope_of("192.0.2.1"), **path} for _ in range(128)]
        unfinished = [asyncio.create_task(web.app(scope, never, send)) for scope in scopes]
        await asyncio.sleep(0.05)
        response = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("k"))
        for request in unfinished:
            request.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
    assert response.status_code == 201
