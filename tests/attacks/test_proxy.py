"""The HAProxy configuration of `deploy/`, over real sockets.

The proxy runs in front of the service, or in front of a server that records requests.
"""

import asyncio
import select
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from aiohttp import web as aiohttp_web

from entrypoints.http.routing.body import MAX_BODY_BYTES
from entrypoints.settings import Settings
from tests.attacks.campaign import PASSWORD, PROXY, prepare
from tests.e2e.serving import create_admin, free_port, serving
from tests.kit.children import run
from tests.servers.haproxy import CONFIGURATION, find_haproxy, haproxy
from tests.servers.subscriber import Subscriber

SILENT = 300
UNFINISHED = Settings.model_fields["max_unread_bodies"].default + 8
"""The number of requests with incomplete bodies that the test sends. The service permits fewer such requests."""
JSON_HEAD = b"POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"


async def answer_ok(_request: aiohttp_web.Request) -> aiohttp_web.Response:
    return aiohttp_web.Response()


@pytest.fixture
async def recorder() -> AsyncIterator[Subscriber]:
    subscriber = Subscriber()
    subscriber.answer = answer_ok
    await subscriber.server.start_server()
    yield subscriber
    await subscriber.server.close()


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    """Closes the attacker's sockets after the test."""
    with ExitStack() as stack:
        yield stack


def connect(sockets: ExitStack, port: int, network: int = 0) -> socket.socket:
    """Connect from an IP address of 127/8.

    Each value of `network` selects another IP address. The proxy counts each of these addresses as another network.
    """
    source = f"127.1.{network // 250}.{network % 250 + 1}"
    connection = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
    connection.settimeout(30)
    return sockets.enter_context(connection)


def is_answered(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
        return connection.recv(64).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def requests_of_clients(recorder: Subscriber) -> list[dict[str, str]]:
    return [headers for headers, _ in recorder.requests if headers["host"] != "health-check"]


async def ask(port: int, path: str = "/", source: str = PROXY, **headers: str) -> httpx2.Response:
    transport = httpx2.AsyncHTTPTransport(local_address=source)
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=30
    ) as client:
        return await client.get(path, headers=headers)


def test_proxy_configuration_is_valid() -> None:
    checked = run([find_haproxy(), "-c", "-f", CONFIGURATION])
    assert "WARNING" not in checked.stderr


async def test_orders_are_placed_while_other_clients_send_nothing_or_half_a_request(
    database_url: str, tmp_path: Path, sockets: ExitStack
) -> None:
    with serving(
        database_url, with_worker=False, log_level="error", trusted_proxies=f"127.0.0.1/32,{PROXY}/32"
    ) as service:
        service.await_answer()
        create_admin(service, "admin@example.com", PASSWORD)
        buyers = await prepare(service, customer_count=4)
        with haproxy(tmp_path, service.address.port) as port:
            for number in range(SILENT):
                connect(sockets, port, network=number)
            for number in range(UNFINISHED):
                unfinished = connect(sockets, port, network=SILENT + number)
                # The body is larger than HAProxy's default buffer.
                unfinished.sendall(JSON_HEAD + b"Content-Length: 100000\r\n\r\n{" + b" " * 60_000)
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                orders = [
                    await http.post(
                        "/v1/orders",
                        json={"lines": [{"product_id": buyers.product_id, "quantity": 1}]},
                        headers={
                            **buyers.customers[number % len(buyers.customers)],
                            "Idempotency-Key": uuid4().hex,
                        },
                    )
                    for number in range(40)
                ]
        await buyers.http.aclose()
        service.interrupt()
    assert [order.status_code for order in orders] == [201] * 40


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nHost: shop\r\n", JSON_HEAD + b"Content-Length: 100\r\n\r\n{"],
    ids=["nothing", "headers", "body"],
)
async def test_proxy_closes_a_connection_with_an_incomplete_request_after_a_timeout(
    recorder: Subscriber, tmp_path: Path, sockets: ExitStack, sent: bytes
) -> None:
    shorter = {"timeout http-request 10s": "timeout http-request 200ms"}
    with haproxy(tmp_path, recorder.server.port or 0, shorter) as port:
        connection = connect(sockets, port)
        connection.sendall(sent)
        received = await asyncio.to_thread(connection.recv, 64)
    assert received.startswith(b"HTTP/1.1 408") or (not sent and received == b"")
    assert requests_of_clients(recorder) == []


async def test_proxy_disconnects_a_client_that_does_not_read_the_response(
    recorder: Subscriber, tmp_path: Path, sockets: ExitStack
) -> None:
    is_disconnected = asyncio.Event()

    async def answer_endlessly(request: aiohttp_web.Request) -> aiohttp_web.StreamResponse:
        response = aiohttp_web.StreamResponse()
        if request.path != "/long":
            return response
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 100_000)
        finally:
            is_disconnected.set()

    recorder.answer = answer_endlessly
    with haproxy(tmp_path, recorder.server.port or 0, {"timeout client 15s": "timeout client 200ms"}) as port:
        connect(sockets, port).sendall(b"GET /long HTTP/1.1\r\nHost: shop\r\n\r\n")
        async with asyncio.timeout(30):
            await is_disconnected.wait()


async def test_proxy_rejects_a_body_above_the_size_limit(recorder: Subscriber, tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 10_000

    with haproxy(tmp_path, recorder.server.port or 0) as port:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            whole = await client.post("/whole", content=b" " * MAX_BODY_BYTES)
            long = await client.post("/long", content=b" " * (MAX_BODY_BYTES + 1))
            chunked = await client.post("/chunked", content=chunks())
    assert [response.status_code for response in (whole, long, chunked)] == [200, 413, 413]
    assert [len(body) for _, body in recorder.requests if body] == [MAX_BODY_BYTES]


async def test_proxy_accepts_at_most_64_concurrent_connections_per_network(
    recorder: Subscriber, tmp_path: Path, sockets: ExitStack
) -> None:
    with haproxy(tmp_path, recorder.server.port or 0) as port:
        held = [connect(sockets, port) for _ in range(70)]
        await asyncio.to_thread(select.select, held, [], [], 30)
        assert (await ask(port)).status_code == 200
        answered = [connection for connection in held if await asyncio.to_thread(is_answered, connection)]
    assert len(answered) == 64


async def test_proxy_overwrites_a_forwarding_header_that_the_client_sent(
    recorder: Subscriber, tmp_path: Path
) -> None:
    with haproxy(tmp_path, recorder.server.port or 0) as port:
        await ask(port, **{"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"})
    [headers] = requests_of_clients(recorder)
    assert headers["x-forwarded-for"] == PROXY
    assert "forwarded" not in headers


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/%6detrics"])
async def test_proxy_returns_404_for_operator_paths(recorder: Subscriber, tmp_path: Path, path: str) -> None:
    with haproxy(tmp_path, recorder.server.port or 0) as port:
        assert (await ask(port, path)).status_code == 404


async def test_proxy_sends_no_request_to_an_unready_service(recorder: Subscriber, tmp_path: Path) -> None:
    async def answer_unready(request: aiohttp_web.Request) -> aiohttp_web.Response:
        return aiohttp_web.Response(status=503 if request.path == "/readyz" else 200)

    recorder.answer = answer_unready
    with haproxy(tmp_path, recorder.server.port or 0, {"check inter 2s": "check inter 50ms"}) as port:
        await await_status(port, 503)
        recorder.answer = answer_ok
        await await_status(port, 200)


async def await_status(port: int, status: int) -> None:
    async with asyncio.timeout(30):
        while (await ask(port)).status_code != status:  # noqa: ASYNC110 - must poll, because the proxy announces no health changes
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("method", "headers", "attempts", "status"),
    [
        ("GET", {}, 2, 200),
        ("POST", {"Idempotency-Key": "k"}, 2, 200),
        ("POST", {}, 1, 503),
        ("PATCH", {}, 1, 503),
    ],
)
async def test_proxy_retries_only_safe_requests_after_a_host_fails(
    recorder: Subscriber, tmp_path: Path, method: str, headers: dict[str, str], attempts: int, status: int
) -> None:
    async def die_once(request: aiohttp_web.Request) -> aiohttp_web.Response:
        if len(requests_of_clients(recorder)) == 1 and request.transport is not None:
            request.transport.abort()
        return aiohttp_web.Response()

    recorder.answer = die_once
    with haproxy(tmp_path, recorder.server.port or 0) as port:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            response = await client.request(method, "/", headers=headers)
    assert len(requests_of_clients(recorder)) == attempts
    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status == 503)


async def test_proxy_without_an_available_host_returns_503_with_retry_after(tmp_path: Path) -> None:
    with haproxy(tmp_path, free_port()) as port:
        response = await ask(port)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.json()["status"] == 503
