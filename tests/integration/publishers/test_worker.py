"""The worker publishes events to NATS if a server is configured."""

import asyncio

from entrypoints.worker import jobs_of, work
from tests.kit.shop import Shop
from tests.kit.streams import StoredMessage, stored_messages
from tests.kit.web import container_over
from tests.servers.nats import NatsServer


async def test_worker_publishes_events_to_nats_and_closes_the_nats_connection(
    server: NatsServer, shop: Shop
) -> None:
    """The test is slow, because jobs begin after half a second."""
    container = container_over(
        shop.store, nats_url=server.url, nats_stream="STEELYARD", nats_subject_prefix="shop.events"
    )
    until = asyncio.Event()
    working = asyncio.create_task(work(container, until))
    await shop.product()
    await shop.product()
    stored: list[StoredMessage] = []
    async with asyncio.timeout(30):
        while len(stored) < 2:
            await asyncio.sleep(0.05)
            stored = await stored_messages(server.url)
    assert [each.subject for each in stored] == ["shop.events.product.created"] * 2
    assert container.events.nats_publisher()._client is not None
    until.set()
    await working
    assert container.events.nats_publisher()._client is None
    await container.database.engine().dispose()


def test_worker_publishes_only_to_webhooks_if_the_nats_setting_is_missing(shop: Shop) -> None:
    names = {job.name for job in jobs_of(container_over(shop.store))}
    assert "relay to webhooks" in names
    assert "relay to NATS" not in names
