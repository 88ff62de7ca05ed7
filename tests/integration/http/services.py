"""The service on PostgreSQL with one or several processes, and the customers of the service."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from application.shared.batching import Batcher
from application.shared.lanes import Lanes
from domain.shared.ids import UserId
from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from tests.kit.passwords import PlainHasher
from tests.kit.postgres_store import engine_with_long_timeouts
from tests.kit.shop import Shop
from tests.kit.web import WebShop, key, web_shop

_UNBOUNDED = {"rate_limit_enabled": False, "max_unpaid_orders": 0, "max_units_held": 0}


def container_on(database_url: str, **settings: Any) -> Container:
    """Build the service with cheap hashing, and without limits on requests and unpaid orders."""
    container = Container(settings=Settings(**{**_UNBOUNDED, "database_url": database_url, **settings}))
    container.security.hasher.override(PlainHasher())
    return container


def patient_container(database_url: str) -> Container:
    """Build a service with long timeouts.

    With shorter timeouts, a slow machine would cause 503 responses, which would change the result of a race.
    """
    container = container_on(database_url)
    container.database.engine.override(engine_with_long_timeouts(database_url))
    container.database.public_read_engine.override(engine_with_long_timeouts(database_url))
    place = container.orders.place_order_batch()
    container.orders.order_batcher.override(Batcher(place, queue_timeout=60))
    container.orders.order_lanes.override(Lanes(place, queue_timeout=60))
    return container


@asynccontextmanager
async def processes(database_url: str, count: int) -> AsyncIterator[Sequence[WebShop]]:
    """Start several processes of the service on one database.

    The processes do not share connections or batches.
    """
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(web_shop(patient_container(database_url))) for _ in range(count)
        ]


def pool_of(web: WebShop) -> Any:
    """Return the connection pool of a process."""
    engine: AsyncEngine = web.container.database.engine()
    return engine.pool


def public_read_pool_of(web: WebShop) -> Any:
    """Return the connection pool that a process uses for public reads."""
    engine: AsyncEngine = web.container.database.public_read_engine()
    return engine.pool


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer that sends requests to all processes. The class records the customer's idempotency keys."""

    id: UserId
    authorization: dict[str, str]
    direct_shop: Shop

    @classmethod
    async def of(cls, web: WebShop, direct_shop: Shop) -> "Buyer":
        client = await web.customer()
        me = (await client.get("/v1/me")).json()
        return cls(UserId(UUID(me["id"])), {"Authorization": client.headers["Authorization"]}, direct_shop)

    async def order(self, web: WebShop, body: dict[str, Any], *, key_: str = "k") -> httpx2.Response:
        """Place an order at one process."""
        self.direct_shop.commands.keys_sent.add((self.id, key_))
        return await web.anonymous.post("/v1/orders", json=body, headers=self.authorization | key(key_))
