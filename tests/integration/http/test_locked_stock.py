"""A locked stock row delays only the orders that need this row."""

import asyncio
from collections import Counter
from collections.abc import Callable
from statistics import quantiles
from time import perf_counter
from uuid import UUID

import asyncpg

from tests.integration.http.services import Buyer, processes
from tests.invariants import assert_invariants
from tests.kit.shop import Shop
from tests.kit.web import WebShop, order_body

Record = Callable[[str, object], None]
LOCK = "SELECT FROM stocks WHERE product_id = $1 FOR UPDATE"


async def test_locked_stock_row_of_a_product_delays_no_order_for_another_product(
    web: WebShop, direct_shop: Shop, psql: asyncpg.Connection, record_testsuite_property: Record
) -> None:
    hot, others = await web.product(stock=100), [await web.product(stock=100) for _ in range(5)]
    buyers = [await Buyer.of(web, direct_shop) for _ in range(10)]
    seconds: list[float] = []

    async def order(number: int) -> int:
        began = perf_counter()
        response = await buyers[number % 10].order(
            web, order_body((others[number % 5], 1)), key_=f"other-{number}"
        )
        seconds.append(perf_counter() - began)
        return response.status_code

    buyer_of_hot = await Buyer.of(web, direct_shop)
    async with psql.transaction():
        await psql.execute(LOCK, UUID(hot["id"]))
        waiting = asyncio.create_task(
            buyer_of_hot.order(web, order_body((hot, 1), (others[0], 1)), key_="hot")
        )
        async with asyncio.timeout(10):
            while not len(web.container.orders.order_lanes()):  # noqa: ASYNC110 - must poll, because the lanes send no notification
                await asyncio.sleep(0.001)
        statuses = await asyncio.gather(*(order(number) for number in range(40)))
        assert not waiting.done()
    assert Counter(statuses) == {201: 40}
    assert (await waiting).status_code == 201
    record_testsuite_property("p50_seconds_of_other_products", quantiles(seconds, n=2)[0])
    await assert_invariants(direct_shop)


async def test_order_request_returns_overloaded_if_the_stock_row_is_locked(
    web: WebShop, direct_shop: Shop, psql: asyncpg.Connection
) -> None:
    hot = await web.product(stock=1)
    buyer = await Buyer.of(web, direct_shop)
    async with psql.transaction():
        await psql.execute(LOCK, UUID(hot["id"]))
        refused = await buyer.order(web, order_body((hot, 1)))
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert (await buyer.order(web, order_body((hot, 1)))).status_code == 201
    await assert_invariants(direct_shop)


async def test_two_processes_return_201_for_every_order_of_a_frequently_ordered_product(
    database_url: str, direct_shop: Shop, record_testsuite_property: Record
) -> None:
    async with processes(database_url, 2) as webs:
        hot, quiet = await webs[0].product(stock=1000), await webs[0].product(stock=1000)
        buyers = [await Buyer.of(webs[0], direct_shop) for _ in range(20)]
        seconds: dict[str, list[float]] = {"hot": [], "quiet": []}

        async def buy(process: int, number: int) -> int:
            name, product = ("quiet", quiet) if number % 5 == 0 else ("hot", hot)
            began = perf_counter()
            response = await buyers[number % 20].order(
                webs[process], order_body((product, 1)), key_=f"{process}-{number}"
            )
            seconds[name].append(perf_counter() - began)
            return response.status_code

        async def shopper(process: int, first: int) -> list[int]:
            return [await buy(process, number) for number in range(first, 200, 20)]

        statuses = await asyncio.gather(*(shopper(process, n) for process in range(2) for n in range(20)))
        assert Counter(status for each in statuses for status in each) == {201: 400}
        for name, times in seconds.items():
            record_testsuite_property(f"p99_seconds_{name}", quantiles(times, n=100)[98])
    await assert_invariants(direct_shop)
