"""With a million rows, no statement of a request scans a whole table."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.queries import PostgresProductQueries, PostgresStockQueries
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.orders.queries import PostgresOrderQueries
from adapters.system import SystemClock, UuidV7Factory
from application.catalog.ports import ProductFilter, ProductSort
from application.orders.access import OrderAccess
from application.orders.place_order_batch import PlaceOrderBatch, PlaceOrderCommand
from application.orders.ports import OrderFilter
from application.shared.idempotency import IdempotencyKey, IdempotentOperation, IdempotentResult
from application.shared.page import Page
from benchmarks.rows import Rows, made_id, make_rows
from domain.orders.lifecycle import OrderStatus
from domain.orders.line import RequestedLine
from domain.orders.placing import OrderRequest
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, ProductId, UserId
from entrypoints.email_addresses import sought_email_address
from tests.integration.postgres.sent import statements_of
from tests.kit.shop import HOLD

ROWS = Rows(orders=121_000)
CUSTOMER = UserId(made_id("customer", 7))
PRODUCT = ProductId(made_id("product", 7))
ORDER = OrderId(made_id("order", 60_000))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

Ask = Callable[[], Awaitable[object]]


@pytest.fixture
async def engine_with_rows(engine: AsyncEngine, psql: asyncpg.Connection) -> AsyncEngine:
    await make_rows(psql, ROWS)
    return engine


def _place(number: int) -> PlaceOrderCommand:
    lines = (RequestedLine(PRODUCT, 1), RequestedLine(ProductId(made_id("product", number)), 2))
    return PlaceOrderCommand(
        request=OrderRequest(customer_id=CUSTOMER, lines=lines, metadata={}),
        key=IdempotencyKey(str(CUSTOMER), IdempotentOperation.PLACE_ORDER, f"key {number}", b"asked"),
        actor=Actor(CUSTOMER, "test"),
    )


def _hot(engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory) -> Mapping[str, Ask]:
    """Return the queries that requests execute frequently, by name."""
    orders, products, stocks = (
        PostgresOrderQueries(engine),
        PostgresProductQueries(AutocommitReader(engine)),
        PostgresStockQueries(engine),
    )
    place_batch = PlaceOrderBatch(unit_of_work, SystemClock(), UuidV7Factory(), HOLD)

    async def place(*numbers: int) -> None:
        outcomes = await place_batch([_place(number) for number in numbers])
        assert all(isinstance(outcome, IdempotentResult) for outcome in outcomes)

    async def find_account() -> None:
        async with unit_of_work() as work:
            assert await work.users.find_by_email(sought_email_address("made7@example.com"))

    async def catalogue(**criteria: object) -> Page[object]:
        sort = criteria.pop("sort", ProductSort.CREATED_AT)
        return await products.list(  # type: ignore[return-value] # a page of any items
            ProductFilter(**criteria),  # type: ignore[arg-type] # the keys are fields of the filter
            sort=sort,  # type: ignore[arg-type] # the value is a sort order
            descending=True,
            after=None,
            limit=20,
        )

    async def listed(criteria: OrderFilter, *, deep: bool) -> None:
        after = (datetime.now(UTC), made_id("order", ROWS.orders)) if deep else None
        await orders.list(criteria, access=OrderAccess.all(), descending=True, after=after, limit=20)

    return {
        "product by id": lambda: products.get(PRODUCT),
        "page of products": catalogue,
        "page of products by name": lambda: catalogue(sort=ProductSort.NAME),
        "products by a word": lambda: catalogue(query="4711"),
        "order by id": lambda: orders.get(ORDER, access=OrderAccess.all()),
        "order by key": lambda: orders.get_by_key(CUSTOMER, "made-7"),
        "first page of orders": lambda: listed(OrderFilter(), deep=False),
        "later page of orders": lambda: listed(OrderFilter(), deep=True),
        "a customer's orders": lambda: listed(OrderFilter(customer_id=CUSTOMER), deep=True),
        "orders of a status": lambda: listed(OrderFilter(status=OrderStatus.CONFIRMED), deep=True),
        "history of an order": lambda: orders.history(ORDER, after=None, limit=20),
        "stock": lambda: stocks.get(PRODUCT),
        "ledger": lambda: stocks.movements(PRODUCT, after=None, limit=20),
        "account by address": find_account,
        "place one order": lambda: place(8),
        "place a batch": lambda: place(*range(9, 41)),
    }


async def test_frequent_sql_statements_do_not_scan_tables_with_a_million_rows(
    engine_with_rows: AsyncEngine, psql: asyncpg.Connection, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    assert ROWS.total >= 1_000_000
    scans = []
    for name, ask in _hot(engine_with_rows, unit_of_work).items():
        with statements_of(engine_with_rows) as sent:
            await ask()
        assert sent, name
        for statement, parameters in sent:
            plan = await psql.fetch(f"EXPLAIN {statement}", *parameters)
            scans += [(name, line) for (line,) in plan if "Seq Scan" in line]

    assert scans == []
