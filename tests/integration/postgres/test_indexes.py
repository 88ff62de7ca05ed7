"""Every list is read from an index in the sequence of the list, so that all pages have the same cost."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.queries import PostgresProductQueries, PostgresStockQueries
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.monitoring.backlogs import PostgresBacklogs
from adapters.postgres.orders.queries import PostgresOrderQueries
from adapters.postgres.sessions.queries import PostgresSessionQueries
from adapters.postgres.users.queries import PostgresUserQueries
from application.catalog.ports import ProductFilter, ProductSort
from application.monitoring.ports import Queue
from application.orders.access import OrderAccess
from application.orders.place_order_batch import PlaceOrderBatch
from application.orders.ports import OrderFilter
from application.shared.page import Position
from application.users.ports import UserFilter
from benchmarks.rows import Rows, made_id, make_rows
from domain.orders.lifecycle import OrderStatus
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.shared.ids import ProductId, UserId
from domain.users.permissions import Role
from domain.users.user import UserStatus
from entrypoints.email_addresses import parse_email_address
from tests.integration.postgres.sent import statements_of
from tests.kit.ports import SequentialIds
from tests.kit.shop import HOLD, Shop

ID = SequentialIds().new()
THEN = datetime(2026, 1, 1, tzinfo=UTC)


async def plan_of(
    engine: AsyncEngine,
    psql: asyncpg.Connection,
    read: Callable[[], Awaitable[object]],
    *,
    without: Sequence[str] = ("seqscan", "sort", "incremental_sort"),
) -> str:
    """Return the plans of the statements that `read` executes.

    Plan methods that are too slow on large tables are disabled.
    """
    with statements_of(engine) as sent:
        await read()
    async with psql.transaction():
        for way in without:
            await psql.execute(f"SET LOCAL enable_{way} = off")
        plans = [await psql.fetch(f"EXPLAIN {statement}", *parameters) for statement, parameters in sent]
        return "\n".join(line for plan in plans for (line,) in plan)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("sort", "criteria", "after", "index"),
    [
        (ProductSort.CREATED_AT, ProductFilter(), THEN, "ix_products_created_at_id"),
        (ProductSort.NAME, ProductFilter(), "mug", "ix_products_sort_name_id"),
        (
            ProductSort.PRICE,
            ProductFilter(currency="EUR", min_price=100),
            500,
            "ix_products_price_currency_price_amount_id",
        ),
    ],
)
async def test_product_list_query_uses_an_index(
    engine: AsyncEngine,
    psql: asyncpg.Connection,
    sort: ProductSort,
    criteria: ProductFilter,
    after: str | int | datetime,
    index: str,
    descending: bool,
) -> None:
    products = PostgresProductQueries(AutocommitReader(engine))
    plan = await plan_of(
        engine,
        psql,
        lambda: products.list(criteria, sort=sort, descending=descending, after=(after, ID), limit=10),
    )
    assert f"{'Backward ' if descending else ''}using {index}" in plan
    assert "Sort" not in plan
    assert "Index Cond: (ROW(" in plan or "AND (ROW(" in plan


async def test_product_search_uses_the_index_of_prefixes_and_the_index_of_typos(
    engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    products = PostgresProductQueries(AutocommitReader(engine))
    plan = await plan_of(
        engine,
        psql,
        lambda: products.list(
            ProductFilter(query="chaigne", status=None),
            sort=ProductSort.CREATED_AT,
            descending=False,
            after=None,
            limit=10,
        ),
        without=("seqscan", "indexscan"),
    )
    assert "BitmapOr" in plan
    assert "uq_products_sku" in plan  # a product with exactly this SKU is listed first
    assert "ix_products_search_words" in plan
    assert "ix_products_search_typos" in plan


async def test_out_of_stock_filter_uses_an_index(engine: AsyncEngine, psql: asyncpg.Connection) -> None:
    """The index does not contain `reserved`, so that orders do not have to update the index."""
    await make_rows(psql, Rows(orders=10_000))
    await psql.execute("UPDATE stocks SET reserved = on_hand WHERE product_id = $1", made_id("product", 1))
    await psql.execute("VACUUM ANALYZE stocks")
    products = PostgresProductQueries(AutocommitReader(engine))
    plan = await plan_of(
        engine,
        psql,
        lambda: products.list(
            ProductFilter(in_stock=False), sort=ProductSort.CREATED_AT, descending=True, after=None, limit=10
        ),
        without=("seqscan", "hashjoin", "mergejoin"),
    )
    assert "ix_stocks_in_stock_product_id" in plan
    before = await updates_of_stocks(psql)
    await psql.execute("UPDATE stocks SET reserved = reserved + 1, version = version + 1 WHERE in_stock")
    after = await updates_of_stocks(psql)
    assert after[0] - before[0] == 999
    assert after[1] - before[1] > 900


async def updates_of_stocks(psql: asyncpg.Connection) -> tuple[int, int]:
    """Return the number of all updates of the table `stocks`, and the number of HOT updates."""
    await psql.execute("SELECT pg_stat_force_next_flush()")
    row = await psql.fetchrow(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'stocks'"
    )
    return row["n_tup_upd"], row["n_tup_hot_upd"]


@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        (OrderFilter(), "ix_orders_placed_at_id"),
        (OrderFilter(customer_id=UserId(ID)), "ix_orders_customer_id_placed_at_id"),
        (OrderFilter(status=OrderStatus.CONFIRMED), "ix_orders_status_placed_at_id"),
        (OrderFilter(created_after=THEN), "ix_orders_placed_at_id"),
        (OrderFilter(payment_status=OrderPaymentStatus.PAID), "ix_orders_payment_status"),
    ],
)
@pytest.mark.parametrize("after", [None, (THEN, ID)])
async def test_order_list_query_uses_indexes_of_orders_and_lines(
    engine: AsyncEngine,
    psql: asyncpg.Connection,
    criteria: OrderFilter,
    index: str,
    after: Position | None,
) -> None:
    orders = PostgresOrderQueries(engine)
    plan = await plan_of(
        engine,
        psql,
        lambda: orders.list(criteria, access=OrderAccess.all(), descending=True, after=after, limit=10),
    )
    assert f"Backward using {index}" in plan
    assert "pk_order_lines" in plan


@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        (OrderFilter(number="7K3F-9QDM-2XWA"), "uq_orders_number"),
        (OrderFilter(product_id=ProductId(ID)), "ix_order_lines_product_id_order_id"),
        (OrderFilter(updated_after=THEN), "ix_orders_updated_at"),
        (OrderFilter(email=parse_email_address("ann@example.com")), "uq_users_email"),
        (OrderFilter(email=parse_email_address("ann@example.com")), "ix_orders_guest_email"),
        (OrderFilter(fulfillment_status=FulfillmentStatus.FULFILLED), "ix_orders_status_placed_at_id"),
    ],
)
async def test_order_filters_use_indexes(
    engine: AsyncEngine, psql: asyncpg.Connection, criteria: OrderFilter, index: str
) -> None:
    orders = PostgresOrderQueries(engine)
    await psql.execute("DROP INDEX ix_orders_placed_at_id")  # otherwise PostgreSQL would choose this index
    plan = await plan_of(
        engine,
        psql,
        lambda: orders.list(criteria, access=OrderAccess.all(), descending=True, after=None, limit=10),
        without=("seqscan",),
    )
    assert index in plan


async def test_stock_ledger_query_reads_an_index_in_descending_sequence(
    engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    stocks = PostgresStockQueries(engine)
    plan = await plan_of(engine, psql, lambda: stocks.movements(ProductId(ID), after=(5,), limit=10))
    assert "Backward using pk_stock_movements" in plan


async def test_order_placement_uses_indexes_even_for_small_tables(
    shop: Shop, engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    """When a small table grows, a prepared statement keeps the plan that was made for the small table."""
    place_batch = PlaceOrderBatch(unit_of_work, shop.clock, shop.ids, HOLD)
    mug, ann = await shop.product(stock=1), await shop.customer()
    with statements_of(engine) as sent:
        await place_batch(
            [
                shop.commands.place_order((mug, 1), customer=ann),
                shop.commands.place_order((mug, 1), customer=ann),
            ]
        )
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        for statement, parameters in sent:
            unknown = ", ".join(["NULL"] * len(parameters))
            await connection.exec_driver_sql(f"PREPARE kept AS {statement}")
            plan = (await connection.exec_driver_sql(f"EXPLAIN EXECUTE kept ({unknown})")).scalars()
            assert "Seq Scan" not in "\n".join(plan)
            await connection.exec_driver_sql("DEALLOCATE kept")


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        (UserFilter(), "ix_users_created_at_id"),
        (UserFilter(role=Role.STAFF), "ix_users_role_created_at_id"),
        (UserFilter(status=UserStatus.DISABLED), "ix_users_status_created_at_id"),
    ],
)
async def test_account_list_query_uses_an_index(
    engine: AsyncEngine, psql: asyncpg.Connection, criteria: UserFilter, index: str, *, descending: bool
) -> None:
    users = PostgresUserQueries(engine)
    plan = await plan_of(
        engine, psql, lambda: users.list(criteria, descending=descending, after=(THEN, ID), limit=10)
    )
    assert f"{'Backward ' if descending else ''}using {index}" in plan


async def test_session_list_query_uses_an_index(engine: AsyncEngine, psql: asyncpg.Connection) -> None:
    sessions = PostgresSessionQueries(engine)
    plan = await plan_of(
        engine, psql, lambda: sessions.list(UserId(ID), now=THEN, after=(THEN, ID), limit=10)
    )
    assert "Backward using ix_sessions_user_id_created_at_id" in plan


@pytest.mark.parametrize(
    ("queue", "index"),
    [
        (Queue.UNPUBLISHED_EVENTS, "ix_outbox_unpublished"),
        (Queue.WEBHOOK_DELIVERIES, "ix_webhook_delivery_heads_endpoint_id_due_at_position"),
        (Queue.MAIL, "ix_mail_requests_due_at"),
        (Queue.PENDING_PAYMENTS, "uq_payments_undecided"),
        (Queue.PENDING_REFUNDS, "ix_refunds_inquire_at_id"),
        (Queue.EXPIRED_HOLDS, "ix_orders_expires_at_id"),
    ],
)
async def test_backlog_query_uses_an_index_that_contains_only_waiting_rows(
    engine: AsyncEngine, psql: asyncpg.Connection, queue: Queue, index: str
) -> None:
    backlogs = PostgresBacklogs(engine)
    plan = await plan_of(engine, psql, lambda: backlogs.of(queue, now=THEN), without=["seqscan"])

    assert index in plan
