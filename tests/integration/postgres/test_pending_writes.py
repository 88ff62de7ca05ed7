"""Writes of several repositories are executed together, but always before a statement that was requested later."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm.exc import StaleDataError

from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from application.shared.idempotency import IdempotencyKey, IdempotentOperation
from domain.catalog.stock import MovementReason, Stock
from domain.shared.ids import ProductId
from tests.integration.postgres.sent import statements_of
from tests.invariants import assert_invariants
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.ports import TRACE, traceparent
from tests.kit.shop import Shop

KEY = IdempotencyKey("nobody", IdempotentOperation.ADJUST_STOCK, "key", b"fingerprint")


def receive(shop: Shop, stock: Stock, units: int) -> None:
    stock.adjust(units, MovementReason.RECEIPT, note=None, now=shop.clock.now(), actor=STAFF)


@pytest.mark.parametrize("is_recorded", [False, True])
async def test_pending_write_is_executed_before_the_next_query_of_the_unit_of_work(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory, is_recorded: bool
) -> None:
    mug = await shop.product(stock=1)
    trace = TRACE.set(traceparent(1) if is_recorded else None)
    async with unit_of_work(SOMEBODY) as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(shop, stock, 2)
        await work.stocks.save([stock])
        assert (await work.stocks.get([mug.id]))[mug.id].on_hand == 3
        await work.commit()
    TRACE.reset(trace)
    assert (await shop.get_stock(mug.id)).on_hand == 3
    await assert_invariants(shop)


async def test_two_pending_writes_to_one_table_are_executed_in_sequence(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    mug = await shop.product(stock=1)
    async with unit_of_work(SOMEBODY) as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        for units in (2, 3):
            receive(shop, stock, units)
            await work.stocks.save([stock])
        await work.commit()
    assert (await shop.get_stock(mug.id)).on_hand == 6
    await assert_invariants(shop)


async def test_pending_writes_of_several_repositories_are_executed_as_one_statement(
    shop: Shop, engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    mug = await shop.product(stock=1)
    async with unit_of_work(SOMEBODY) as work:
        await work.idempotency.claim([KEY], object)
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(shop, stock, 2)
        with statements_of(engine) as sent:
            await work.stocks.save([stock])
            await work.idempotency.store({KEY: mug})
            await work.commit()
    assert len(sent) <= 2  # the second statement writes the audit log
    assert (await shop.get_stock(mug.id)).on_hand == 3


async def test_update_of_a_nonexistent_row_makes_the_transaction_fail(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    mug = await shop.product(stock=1)
    async with unit_of_work(SOMEBODY) as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        unknown = Stock(product_id=ProductId(shop.ids.new()), on_hand=0, reserved=0, version=1)
        receive(shop, unknown, 1)
        await work.stocks.save([unknown])
        with pytest.raises(StaleDataError):
            await work.commit()
        receive(shop, stock, 2)
        with pytest.raises(RuntimeError, match="failed"):
            await work.stocks.save([stock])
    assert (await shop.get_stock(mug.id)).on_hand == 1
