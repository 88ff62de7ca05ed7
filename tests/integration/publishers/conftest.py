from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.publishers.nats import NatsPublisher
from tests.kit.shop import Shop
from tests.kit.store import memory_store
from tests.kit.streams import PREFIX, SOURCE, STREAM
from tests.servers.nats import NatsServer, nats_server

PublisherTo = Callable[[str], NatsPublisher]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with nats_server(tmp_path) as server:
        yield server


@pytest.fixture
def shop() -> Shop:
    return Shop(memory_store())


@pytest.fixture
async def publisher_to() -> AsyncIterator[PublisherTo]:
    """Create a publisher for a server. The publisher is closed at the end of the test."""
    async with AsyncExitStack() as stack:

        def publisher_to(url: str) -> NatsPublisher:
            publisher = NatsPublisher([url], stream=STREAM, prefix=PREFIX, source=SOURCE)
            stack.push_async_callback(publisher.close)
            return publisher

        yield publisher_to
