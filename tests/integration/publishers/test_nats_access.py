"""Authentication and TLS with a NATS server. Failures are logged."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig

from application.events.ports import PublisherUnavailable
from application.events.relay_events import RelayEvents
from tests.integration.publishers.conftest import PublisherTo
from tests.kit.certificates import self_signed
from tests.kit.logs import captured_log
from tests.kit.shop import Shop
from tests.kit.streams import PREFIX, STREAM, stored_messages
from tests.servers.nats import nats_server

PLAIN_TEXT = (
    b'INFO {"server_id":"X","version":"2.15.1","headers":true,"max_payload":1048576,"auth_required":true}\r\n'
)


@pytest.fixture
def log() -> Iterator[StringIO]:
    with captured_log() as log:
        yield log


@asynccontextmanager
async def eavesdropper() -> AsyncIterator[tuple[int, bytearray]]:
    """Run a fake server without TLS. The server records all received data."""
    received = bytearray()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(PLAIN_TEXT)
        received.extend(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], received


def relay(shop: Shop, publisher_to: PublisherTo, url: str) -> RelayEvents:
    publisher = publisher_to(url)
    return RelayEvents(shop.store.event_feed, shop.store.relay_progress, publisher, shop.clock, shop.ids)


@pytest.mark.parametrize(
    ("options", "userinfo"),
    [
        (("--user", "shop", "--pass", "canary p@ss/1"), "shop:canary%20p%40ss%2F1"),
        (("--auth", "canary@1"), "canary%401"),
    ],
)
async def test_nats_user_in_the_url_is_authenticated(
    tmp_path: Path, shop: Shop, publisher_to: PublisherTo, options: tuple[str, ...], userinfo: str
) -> None:
    await shop.product()
    with nats_server(tmp_path, *options) as server:
        url = f"nats://{userinfo}@127.0.0.1:{server.port}"
        assert await relay(shop, publisher_to, url)(limit=10) == 1
        await shop.product()
        with pytest.raises(PublisherUnavailable):
            await relay(shop, publisher_to, server.url)(limit=10)


async def test_rejected_nats_log_in_keeps_the_event_and_hides_the_password_in_the_log(
    tmp_path: Path, shop: Shop, publisher_to: PublisherTo, log: StringIO
) -> None:
    await shop.product()
    with nats_server(tmp_path, "--user", "shop", "--pass", "right") as server:
        with pytest.raises(PublisherUnavailable) as refusal:
            await relay(shop, publisher_to, f"nats://shop:canary@127.0.0.1:{server.port}")(limit=10)
        assert await relay(shop, publisher_to, f"nats://shop:right@127.0.0.1:{server.port}")(limit=10) == 1
    assert "Authorization Violation" in log.getvalue()
    assert "canary" not in log.getvalue() + str(refusal.value) + repr(refusal.value.__cause__)


async def test_forbidden_nats_subject_is_logged(
    tmp_path: Path, shop: Shop, publisher_to: PublisherTo, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.publishers.nats.ANSWER_SECONDS", 0.3)
    await shop.product()
    configuration = tmp_path / "nats.conf"
    configuration.write_text(
        'authorization { users: [{user: shop, password: right, permissions: {publish: "other.>"}}] }\n'
    )
    with (
        nats_server(tmp_path, "--config", str(configuration)) as server,
        pytest.raises(PublisherUnavailable),
    ):
        await relay(shop, publisher_to, f"nats://shop:right@127.0.0.1:{server.port}")(limit=10)
    assert "steelyard.product.created" in log.getvalue()


async def test_nats_user_without_stream_permission_can_use_an_existing_stream(
    tmp_path: Path, shop: Shop, publisher_to: PublisherTo
) -> None:
    await shop.product()
    configuration = tmp_path / "nats.conf"
    configuration.write_text(
        "authorization { users: [\n"
        "{user: boss, password: right}\n"
        '{user: shop, password: right, permissions: {publish: "steelyard.>", subscribe: "_INBOX.>"}}\n'
        "] }\n"
    )
    with nats_server(tmp_path, "--config", str(configuration)) as server:
        boss_s_url = f"nats://boss:right@127.0.0.1:{server.port}"
        async with await nats.connect(boss_s_url) as boss:
            await boss.jetstream().add_stream(StreamConfig(name=STREAM, subjects=[f"{PREFIX}.>"]))
        assert await relay(shop, publisher_to, f"nats://shop:right@127.0.0.1:{server.port}")(limit=10) == 1
        assert [each.event["type"] for each in await stored_messages(boss_s_url)] == ["product.created"]


async def test_nats_over_tls_requires_a_trusted_certificate(
    tmp_path: Path, shop: Shop, publisher_to: PublisherTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = str(self_signed(tmp_path, "127.0.0.1"))
    await shop.product()
    options = ("--tls", "--tlscert", certificate, "--tlskey", certificate)
    with nats_server(tmp_path / "streams", *options) as server:
        url = f"tls://127.0.0.1:{server.port}"
        with pytest.raises(PublisherUnavailable):
            await relay(shop, publisher_to, url)(limit=10)
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        assert await relay(shop, publisher_to, url)(limit=10) == 1
        assert [each.event["type"] for each in await stored_messages(url)] == ["product.created"]


async def test_nats_over_tls_never_falls_back_to_plain_text(
    shop: Shop, publisher_to: PublisherTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.publishers.nats.ANSWER_SECONDS", 0.3)
    await shop.product()
    async with eavesdropper() as (port, received):
        with pytest.raises(PublisherUnavailable):
            await relay(shop, publisher_to, f"tls://shop:canary@127.0.0.1:{port}")(limit=10)
        assert received == b""
        with pytest.raises(PublisherUnavailable):
            await relay(shop, publisher_to, f"nats://shop:canary@127.0.0.1:{port}")(limit=10)
        assert b"canary" in received
