"""If a client disconnects at any await, no transaction stays open and no connection is leaked."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import asyncpg
import pytest

from application.orders.place_order_batch import PlaceOrderBatch, PlaceOrderCommand
from application.orders.views import OrderView
from application.shared.idempotency import IdempotentResult
from tests.integration.http.holding import assert_nothing_is_held, await_disconnected_requests
from tests.integration.http.services import container_on
from tests.integration.http.writing import WRITES, Send, WriteRequests
from tests.integration.postgres.canceling import leave_at
from tests.invariants import assert_stock_is_what_orders_and_ledger_say, every_order
from tests.kit.shop import Shop
from tests.kit.web import WebShop, web_shop

T = TypeVar("T")
Write = Callable[[WriteRequests], Awaitable[Send]]


@pytest.fixture
async def web(database_url: str) -> AsyncIterator[WebShop]:
    """The service with a small pool, so that a leaked connection is noticed soon."""
    async with web_shop(container_on(database_url, database_pool_size=3)) as web:
        yield web


@pytest.fixture(params=[False, True], ids=["once", "again-and-again"])
def cancels_cleanup(request: pytest.FixtureRequest) -> bool:
    """Whether the task is canceled again at every await during the request's cleanup."""
    cancels_cleanup: bool = request.param
    return cancels_cleanup


@pytest.fixture(params=WRITES, ids=lambda write: write.__name__)
def write(request: pytest.FixtureRequest) -> Write:
    write: Write = request.param
    return write


class Unshielded:
    """Runs the work of each request in the request's own task. If the client disconnects, this task is canceled."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return await work()

    run_here = run

    def __len__(self) -> int:
        return 0


class Unbatched:
    """Runs `place_order` in the task of the request. In the service, the task of a batch runs `place_order`."""

    def __init__(self, place: PlaceOrderBatch) -> None:
        self._place = place

    async def submit(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        [outcome] = await self._place([command])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    capacity = 1_000_000

    async def drain(self) -> None: ...


async def leave_at_every_wait(
    web: WebShop, write_requests: WriteRequests, write: Write, *, cancels_cleanup: bool
) -> int:
    """Repeat a request. Disconnect the first request at its first await, the second request at its second await, and
    so on.

    The last request completes. Returns the number of disconnected requests.
    """
    wait = 1
    while True:
        send = await write(write_requests)
        if not await leave_at(send(), wait, cancels_cleanup=cancels_cleanup):
            return wait - 1
        await await_disconnected_requests(web)
        wait += 1


async def test_client_disconnect_releases_the_connection_and_keeps_stock_correct(
    web: WebShop, psql: asyncpg.Connection, direct_shop: Shop, write: Write, cancels_cleanup: bool
) -> None:
    await leave_at_every_wait(web, await WriteRequests.of(web), write, cancels_cleanup=cancels_cleanup)
    await assert_nothing_is_held(web, psql)
    await assert_stock_is_what_orders_and_ledger_say(direct_shop, await every_order(direct_shop))


async def test_canceled_use_case_releases_its_connection_and_keeps_stock_correct(
    web: WebShop, psql: asyncpg.Connection, direct_shop: Shop, write: Write, cancels_cleanup: bool
) -> None:
    """In the service, a disconnect does not cancel the use case of a request. This test cancels the use case."""
    write_requests = await WriteRequests.of(web)
    request_drainer, web.app.state.request_drainer = web.app.state.request_drainer, Unshielded()
    web.container.orders.order_batcher.override(Unbatched(web.container.orders.place_order_batch()))
    assert await leave_at_every_wait(web, write_requests, write, cancels_cleanup=cancels_cleanup) > 5
    web.app.state.request_drainer = request_drainer
    await assert_nothing_is_held(web, psql)
    await assert_stock_is_what_orders_and_ledger_say(direct_shop, await every_order(direct_shop))
