import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import count

from adapters.memory.core.database import MemoryDatabase
from domain.payments.payment import PaymentMethod
from domain.users.permissions import Role
from tests.kit.gateway import FakeGateway
from tests.kit.samples import SampleShop
from tests.kit.store import Store, memory_store
from tests.kit.web import WebShop, container_over, web_shop

FIRST_NUMBER = 1000
"""The first number in names and e-mail addresses of the sample shop. Objects that a test creates have lower numbers."""
LIFETIMES = {"token_lifetime": timedelta(hours=1), "order_hold": timedelta(days=1)}
"""Long lifetimes, because later tests use the access tokens and the holds."""


@dataclass(frozen=True, slots=True)
class PreparedShop:
    """A sample shop that is created only once. Each test gets a copy of the shop."""

    shop: SampleShop
    database: MemoryDatabase
    gateway: FakeGateway

    def new_store(self) -> Store:
        """Return a store with copies of all rows."""
        return memory_store(self.database.copy())

    def copy_to(self, web: WebShop) -> SampleShop:
        """Return a sample shop that uses this service.

        The service must run over a store that `new_store` has returned.
        """
        gateway = _gateway(web)
        gateway.payments.update(self.gateway.payments)
        gateway.refunds.update(self.gateway.refunds)
        return replace(self.shop, web=web, ids=dict(self.shop.ids))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SampleShop]:
        """Run a separate service over a new store."""
        async with web_shop(container_over(self.new_store())) as web:
            yield self.copy_to(web)


@cache
def prepared_shop(owner: Role = Role.ADMIN) -> PreparedShop:
    with ThreadPoolExecutor(1) as thread:  # a caller may already be in an event loop
        return thread.submit(asyncio.run, _prepare(owner)).result()


async def _prepare(owner: Role) -> PreparedShop:
    database = MemoryDatabase()
    container = container_over(memory_store(database), **LIFETIMES)
    async with web_shop(container, numbers=count(FIRST_NUMBER)) as web:
        return PreparedShop(await SampleShop.of(web, owner), database, _gateway(web))


def _gateway(web: WebShop) -> FakeGateway:
    gateway = web.container.payments.gateways()[PaymentMethod.SANDBOX]
    assert isinstance(gateway, FakeGateway)
    return gateway
