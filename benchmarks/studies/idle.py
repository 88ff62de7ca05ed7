"""Compare the latency of placing an order, with and without batching, on an idle service."""

from itertools import count

from application.orders.place_order_batch import PlaceOrderCommand
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

    def order() -> PlaceOrderCommand:
        number = next(numbers)
        first = number % (len(shop.products) - 1)
        # The customers take turns, because the unpaid orders of a customer are limited.
        customer = shop.customers[number % len(shop.customers)]
        return an_order(customer, [shop.products[first], shop.products[first + 1]])

    try:
        return await take_turns(
            {
                "with batching": lambda: batcher.submit(order()),
                "without": lambda: place([order()]),
            },
            times=TURNS,
        )
    finally:
        await batcher.drain()
        await container.database.engine().dispose()
