"""Webhooks are sent to a real local server. The tests use the setting that permits private IP addresses."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpcore2
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from adapters.system import SystemClock
from adapters.webhooks import dialing
from adapters.webhooks import sender as sender_module
from adapters.webhooks.dialing import AddressRefused, NameNotFound, PublicDialer
from adapters.webhooks.sender import HttpWebhookSender
from tests.kit.ports import traceparent
from tests.servers.subscriber import Subscriber
from tests.unit.webhooks.certificates import self_signed

SECRET = b"s" * 32
BODY = '{"type":"order.placed","data":{"note":"€ 19,99"}}'
PUBLIC, OTHER = "93.184.216.34", "8.8.8.8"


@pytest.fixture
async def subscriber() -> AsyncIterator[Subscriber]:
    subscriber = Subscriber()
    async with subscriber.server:
        yield subscriber


@asynccontextmanager
async def sending(*, to_private_addresses: bool = True) -> AsyncIterator[HttpWebhookSender]:
    sender = HttpWebhookSender(SystemClock(), to_private_addresses=to_private_addresses)
    yield sender
    await sender.close()


async def test_message_signed_with_two_webhook_secrets_can_be_verified_with_each_secret(
    subscriber: Subscriber,
) -> None:
    new = b"n" * 32
    async with sending() as sender:
        await sender.send(subscriber.url, [new, SECRET], "evt_1", BODY)
    [(headers, body)] = subscriber.requests
    for secret in (new, SECRET):
        Webhook(secret).verify(body, headers)


async def test_sent_webhook_contains_the_trace_context_of_the_event(subscriber: Subscriber) -> None:
    async with sending() as sender:
        await sender.send(subscriber.url, [SECRET], "evt_1", BODY)
        await sender.send(subscriber.url, [SECRET], "evt_2", BODY, traceparent=traceparent(7))
    assert [headers.get("traceparent") for headers, _ in subscriber.requests] == [None, traceparent(7)]


async def test_webhook_request_that_the_service_sent_is_accepted_by_the_reference_library(
    subscriber: Subscriber,
) -> None:
    async with sending() as sender:
        attempt = await sender.send(subscriber.url, [SECRET], "evt_1", BODY)
    assert (attempt.status, attempt.error, attempt.was_heard) == (204, None, True)
    [(headers, body)] = subscriber.requests
    Webhook(SECRET).verify(body, headers)
    assert headers["webhook-id"] == "evt_1"
    assert headers["content-type"] == "application/cloudevents+json"
    assert body.decode() == BODY


@pytest.mark.parametrize("status", [200, 201, 299, 301, 400, 404, 410, 429, 500, 503])
async def test_webhook_attempt_records_the_response_status(subscriber: Subscriber, status: int) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="x" * 1000)

    subscriber.answer = answer
    async with sending() as sender:
        attempt = await sender.send(subscriber.url, [SECRET], "evt_1", BODY)
    assert (attempt.status, attempt.was_heard) == (status, status < 300)


async def test_webhook_redirect_is_not_followed(subscriber: Subscriber) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": str(request.url.with_path("/elsewhere"))})

    subscriber.answer = answer
    async with sending() as sender:
        assert (await sender.send(subscriber.url, [SECRET], "evt_1", BODY)).status == 307
    assert len(subscriber.requests) == 1


async def test_endless_body_of_a_webhook_response_is_not_read(subscriber: Subscriber) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200)
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    subscriber.answer = answer
    async with sending() as sender:
        assert (await sender.send(subscriber.url, [SECRET], "evt_1", BODY)).was_heard


async def test_webhook_to_a_silent_server_times_out(
    subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    monkeypatch.setattr(sender_module, "SECONDS", 0.05)
    subscriber.answer = answer
    async with sending() as sender:
        attempt = await sender.send(subscriber.url, [SECRET], "evt_1", BODY)
    over.set()
    assert (attempt.status, attempt.error) == (None, "timeout")


async def test_webhook_attempt_fails_if_the_connection_is_refused_or_closed() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with sending() as sender:
        first = await sender.send(f"http://127.0.0.1:{port}/", [SECRET], "evt_1", BODY)
        server.close()
        await server.wait_closed()
        second = await sender.send(f"http://127.0.0.1:{port}/", [SECRET], "evt_1", BODY)
    assert (first.status, first.error) == (None, "connection_failed")
    assert (second.status, second.error) == (None, "connection_failed")


async def test_server_with_an_invalid_certificate_receives_no_webhook(tmp_path: Path) -> None:
    got = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.extend(await reader.read())
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(self_signed(tmp_path))
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with sending() as sender:
        attempt = await sender.send(f"https://localhost:{port}/", [SECRET], "evt_1", BODY)
    server.close()
    await server.wait_closed()
    assert attempt.error == "tls_failed"
    assert got == b""


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "[::ffff:127.0.0.1]"]
)
async def test_private_webhook_ip_address_is_rejected_in_every_notation(
    subscriber: Subscriber, host: str
) -> None:
    async with sending(to_private_addresses=False) as sender:
        attempt = await sender.send(f"http://{host}:{subscriber.server.port}/", [SECRET], "evt_1", BODY)
    assert (attempt.status, attempt.error) == (None, "address_refused")
    assert subscriber.requests == []


async def test_webhook_attempt_fails_if_the_host_name_cannot_be_resolved() -> None:
    async with sending(to_private_addresses=False) as sender:
        attempt = await sender.send("http://nobody.invalid/", [SECRET], "evt_1", BODY)
    assert attempt.error == "name_not_found"


class Network(httpcore2.AsyncMockBackend):
    """A fake network that records connections."""

    def __init__(self, *, down: Sequence[str] = ()) -> None:
        super().__init__([b"HTTP/1.1 204 No Content\r\n\r\n"])
        self.dialled: list[str] = []
        self._down = down

    async def connect_tcp(self, host: str, *args: object, **options: object) -> httpcore2.AsyncNetworkStream:
        self.dialled.append(host)
        if host in self._down:
            raise httpcore2.ConnectError
        return await super().connect_tcp(host, 80)


def answers(*rounds: Sequence[str]) -> dialing.Resolve:
    """Return a resolver that returns the next of these answers at each call."""
    remaining = list(rounds)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return remaining.pop(0)

    return resolve


async def test_webhook_is_sent_to_the_checked_ip_address_without_another_dns_lookup() -> None:
    """DNS rebinding: a name that first resolves to a public address is not resolved again."""
    network = Network()
    await PublicDialer(network, resolve=answers([PUBLIC], ["127.0.0.1"])).connect_tcp("rebind.example", 443)
    assert network.dialled == [PUBLIC]


@pytest.mark.parametrize("addresses", [["10.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1", PUBLIC]])
async def test_webhook_host_is_rejected_if_any_of_its_ip_addresses_is_private(addresses: list[str]) -> None:
    network = Network()
    with pytest.raises(AddressRefused):
        await PublicDialer(network, resolve=answers(addresses)).connect_tcp("example.com", 443)
    assert network.dialled == []


async def test_webhook_is_sent_to_the_first_ip_address_that_accepts_a_connection() -> None:
    network = Network(down=[PUBLIC])
    await PublicDialer(network, resolve=answers([PUBLIC, OTHER])).connect_tcp("example.com", 443)
    assert network.dialled == [PUBLIC, OTHER]
    with pytest.raises(httpcore2.ConnectError):
        await PublicDialer(network, resolve=answers([PUBLIC])).connect_tcp("example.com", 443)


async def test_webhook_host_without_ip_addresses_is_rejected() -> None:
    with pytest.raises(NameNotFound):
        await PublicDialer(Network(), resolve=answers([])).connect_tcp("example.com", 443)


async def test_webhook_is_not_sent_to_a_unix_socket() -> None:
    with pytest.raises(AddressRefused):
        await PublicDialer(Network()).connect_unix_socket("/var/run/docker.sock")


async def test_name_of_a_webhook_host_is_resolved_to_ip_addresses() -> None:
    assert set(await dialing.resolve("localhost", 80)) <= {"127.0.0.1", "::1"}
    with pytest.raises(NameNotFound):
        await dialing.resolve("nobody.invalid", 80)
