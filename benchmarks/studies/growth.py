"""Compare the durations of reading a page, placing an order and pruning in two shops.

One shop has few orders, and the other shop has many orders.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from adapters.postgres.core.migrations import upgrade
from application.orders.access import OrderAccess
from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.ports import OrderFilter
from application.retention.ports import PrunableRecords
from application.shared.idempotency import IdempotencyKey, IdempotentOperation
from application.shared.page import Position
from benchmarks.database import Server
from benchmarks.rows import Rows, made_id, make_rows
from benchmarks.studies.timing import Call, Durations, take_turns
from domain.orders.line import RequestedLine
from domain.orders.placing import OrderRequest
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, ProductId, UserId
from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings

SMALL = 10_000
PAGE = 20
TURNS = 200
PRUNED = 10
"""The number of records that one call prunes.

With a larger number, the small shop would not have enough records for all rounds.
"""
DEPTHS = (0.01, 0.5, 0.99)
"""The positions of the measured pages. Each number is the fraction of all orders that come before the page."""


async def measure(server: Server, orders: int) -> dict[str, Durations]:
    """Return the durations in a shop with few orders and in a shop with many orders."""
    async with AsyncExitStack() as stack:
        calls: dict[str, Call] = {}
        for size in (SMALL, orders):
            container = await stack.enter_async_context(_made_shop(server, size))
            calls |= await _calls(container, size)
        return await take_turns(calls, times=TURNS)


async def _calls(container: Container, orders: int) -> dict[str, Call]:
    queries, place = container.database.order_queries(), container.orders.place_order_batch()

    async def position(depth: float) -> Position:
        order = await queries.get(
            OrderId(made_id("order", max(1, round(orders * (1 - depth))))), access=OrderAccess.all()
        )
        if order is None:
            raise LookupError("The made orders are not there.")
        return order.placed_at, order.id

    def page(after: Position | None) -> Call:
        return lambda: queries.list(
            OrderFilter(), access=OrderAccess.all(), descending=True, after=after, limit=PAGE
        )

    numbers = iter(range(1, 1_000_000_000))
    calls: dict[str, Call] = {"first page": page(None)}
    for depth in DEPTHS:
        calls[f"page behind {depth:.0%}"] = page(await position(depth))
    calls["order by id"] = lambda: queries.get(
        OrderId(made_id("order", next(numbers) * 7919 % orders + 1)), access=OrderAccess.all()
    )

    async def place_all(commands: Sequence[PlaceOrderCommand]) -> None:
        for outcome in await place(commands):
            if isinstance(outcome, Exception):
                raise outcome

    calls["place an order"] = lambda: place_all(_commands(1, orders, next(numbers)))
    calls["place a batch of 32"] = lambda: place_all(_commands(32, orders, next(numbers)))

    def prune(records: PrunableRecords) -> Call:
        # The shop has one order per second. Therefore a third of the records is older than `before` and can
        # be pruned.
        before = datetime.now(UTC) - timedelta(seconds=orders * 2 / 3)
        return lambda: records.prune(before=before, limit=PRUNED)

    for name, records in (
        ("idempotency records", container.database.idempotency_records()),
        ("events", container.database.event_feed()),
        ("stock movements", container.database.stock_ledger()),
    ):
        calls[f"prune {PRUNED} {name}"] = prune(records)
    return {f"{name}, of {orders:,} orders": call for name, call in calls.items()}


def _commands(count: int, orders: int, number: int) -> Sequence[PlaceOrderCommand]:
    rows = Rows(orders)
    return [
        PlaceOrderCommand(
            request=OrderRequest(
                placed_by=None,
                customer_id=(customer := UserId(made_id("customer", (number + at) % rows.customers + 1))),
                lines=tuple(
                    RequestedLine(
                        ProductId(
                            made_id("product", (number * 7919 + at * 104_729 + line) % rows.products + 1)
                        ),
                        1,
                    )
                    for line in range(2)
                ),
                metadata={},
            ),
            key=IdempotencyKey(str(customer), IdempotentOperation.PLACE_ORDER, str(uuid4()), b"asked"),
            actor=Actor(customer, "benchmarks"),
        )
        for at in range(count)
    ]


@asynccontextmanager
async def _made_shop(server: Server, orders: int) -> AsyncIterator[Container]:
    name = await asyncio.to_thread(server.create)
    try:
        await asyncio.to_thread(upgrade, server.url_of(name))
        connection = await server.connect(name)
        try:
            await make_rows(connection, Rows(orders))
        finally:
            await connection.close()
        # The small shop has few customers, so each customer has many unpaid orders. The default limits would
        # reject new orders. A limit of 0 would disable the check of the limit.
        settings = Settings(
            database_url=server.url_of(name), max_unpaid_orders=1_000_000, max_units_held=1_000_000
        )
        container = Container(settings=settings)
        try:
            yield container
        finally:
            await container.database.engine().dispose()
            await container.database.public_read_engine().dispose()
    finally:
        await asyncio.to_thread(server.drop, name)
