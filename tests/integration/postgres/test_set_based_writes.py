import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm.exc import StaleDataError

from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.orders.queries import PostgresOrderQueries
from application.orders.access import OrderAccess
from application.orders.place_order_batch import PlaceOrderBatch
from application.orders.ports import OrderFilter
from application.shared.idempotency import IdempotentResult
from domain.catalog.stock import MovementReason
from tests.integration.postgres.sent import statements_of
from tests.invariants import assert_invariants
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.shop import HOLD, Shop


@pytest.mark.parametrize("count", [1, 128])
async def test_order_batch_of_any_size_executes_three_sql_statements(
    shop: Shop, engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory, count: int
) -> None:
    place_batch = PlaceOrderBatch(unit_of_work, shop.clock, shop.ids, HOLD)
    mug, cup = await shop.product(stock=count), await shop.product(stock=count)
    customers = [await shop.customer() for _ in range(3)]
    commands = [
        shop.commands.place_order((mug, 1), (cup, 1), customer=customers[n % 3]) for n in range(count)
    ]
    with statements_of(engine) as sent:
        outcomes = await place_batch(commands)
    assert all(isinstance(outcome, IdempotentResult) for outcome in outcomes)
    assert len(sent) == 3
    await assert_invariants(shop)


async def test_page_of_orders_is_read_with_one_sql_statement(shop: Shop, engine: AsyncEngine) -> None:
    mug = await shop.product(stock=3)
    placed = [await shop.order(mug) for _ in range(3)]
    with statements_of(engine) as sent:
        page = await PostgresOrderQueries(engine).list(
            OrderFilter(), access=OrderAccess.all(), descending=True, after=None, limit=10
        )
    assert page.items == tuple(reversed(placed))
    assert len(sent) == 1


async def test_stale_stock_read_without_a_lock_is_rejected_when_it_is_saved(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    mug = await shop.product(stock=10)
    async with unit_of_work(SOMEBODY) as slow:
        stale = (await slow.stocks.get([mug.id]))[mug.id]
        async with unit_of_work(SOMEBODY) as quick:
            stock = (await quick.stocks.lock([mug.id]))[mug.id]
            stock.adjust(-3, MovementReason.DAMAGE, note=None, now=shop.clock.now(), actor=STAFF)
            await quick.stocks.save([stock])
            await quick.commit()
        stale.adjust(5, MovementReason.RECEIPT, note=None, now=shop.clock.now(), actor=STAFF)
        await slow.stocks.save([stale])
        with pytest.raises(StaleDataError):
            await slow.flush()
        with pytest.raises(RuntimeError):
            await slow.commit()
    assert (await shop.get_stock(mug.id)).on_hand == 7
    await assert_invariants(shop)
