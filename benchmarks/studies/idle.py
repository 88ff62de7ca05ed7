"""Compare the latency of placing an order, with and without batching, on an idle service."""

from itertools import count
from uuid import UUID

from benchmarks.database import Server
from benchmarks.shop import Shop, an_order
from benchmarks.studies.timing import Durations, take_turns
from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings

TURNS = 300


async def measure(server: Server, database: str, shop: Shop) -> dict[str, Durations]:
    """Place orders one at a time, alternately with the batcher and in a separate transaction."""
    container = Container(settings=Settings(database_url=server.url_of(database)))
    batcher, place = container.orders.order_batcher(), container.orders.place_order_batch()
    numbers = count()

    def products() -> list[UUID]:
        first = next(numbers) % (len(shop.products) - 1)
        return [shop.products[first], shop.products[first + 1]]

    customer = shop.customers[0]
    try:
        return await take_turns(
            {
                "with batching": lambda: batcher.submit(an_order(customer, products())),
                "without": lambda: place([an_order(customer, products())]),
            },
            times=TURNS,
        )
    finally:
        await batcher.drain()
        await container.database.engine().dispose()
