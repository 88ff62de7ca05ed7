import asyncio
from collections.abc import Callable

import pytest

from application.catalog.views import MovementView
from application.shared.errors import Overloaded
from application.shared.page import Page, Position
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.catalog.stock import MAX_ON_HAND, MovementReason, ReservationExceedsStock, Stock
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, ProductId
from tests.invariants import ledger
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.examples import NOW, UNICODE, a_product
from tests.kit.pages import all_items, pages
from tests.kit.shop import Shop


def receive(stock: Stock, units: int) -> None:
    stock.adjust(units, MovementReason.RECEIPT, note=None, now=NOW, actor=STAFF)


async def change(shop: Shop, product_id: ProductId, verb: Callable[[Stock], None]) -> None:
    async with shop.store.unit_of_work() as work:
        stock = (await work.stocks.lock([product_id]))[product_id]
        verb(stock)
        await work.stocks.save([stock])
        await work.commit()


def fields_of(stock: Stock) -> tuple[ProductId, int, int, int]:
    return stock.product_id, stock.on_hand, stock.reserved, stock.version


async def test_saved_stock_is_read_back_unchanged(shop: Shop) -> None:
    product, stock = a_product(shop.ids, actor=STAFF, on_hand=MAX_ON_HAND)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.stocks.add([stock])
        await work.products.add([product])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        looked_at = await work.stocks.get([product.id])
        locked = await work.stocks.lock([product.id])
    assert fields_of(looked_at[product.id]) == fields_of(locked[product.id]) == fields_of(stock)
    view = await shop.get_stock(product.id)
    assert (view.product_id, view.on_hand, view.reserved, view.version) == fields_of(stock)
    assert (view.sku, view.available) == (product.sku, MAX_ON_HAND)


async def test_stock_repository_omits_unknown_products(shop: Shop) -> None:
    mug, nothing = await shop.product(), ProductId(shop.ids.new())
    async with shop.store.unit_of_work(SOMEBODY) as work:
        assert set(await work.stocks.get([nothing, mug.id, mug.id])) == {mug.id}
        assert set(await work.stocks.lock([nothing, mug.id, mug.id])) == {mug.id}
        assert await work.stocks.get([]) == {}
        assert await work.stocks.lock([]) == {}
        await work.stocks.save([])
        await work.stocks.add([])
    assert await shop.store.stocks.get(nothing) is None


async def test_every_stock_movement_is_stored_only_once_with_actor_and_reason(shop: Shop) -> None:
    ann = Actor((await shop.customer()).id, "request-1")
    mug = await shop.product(stock=5)
    order_id = OrderId(shop.ids.new())

    def reserve_and_count(stock: Stock) -> None:
        stock.reserve(2, order_id=order_id, now=NOW, actor=ann)
        stock.count(9, seen=stock.version, note=UNICODE, now=NOW, actor=STAFF)

    await change(shop, mug.id, reserve_and_count)
    opened, reserved, counted = await ledger(shop, mug.id)
    assert opened.reason is MovementReason.INITIAL
    assert reserved == MovementView(
        on_hand_delta=0,
        reserved_delta=2,
        on_hand=5,
        reserved=2,
        reason=MovementReason.RESERVED,
        note=None,
        order_id=order_id,
        actor_id=ann.id,
        request_id="request-1",
        at=NOW,
    )
    assert counted == MovementView(
        on_hand_delta=4,
        reserved_delta=0,
        on_hand=9,
        reserved=2,
        reason=MovementReason.COUNT,
        note=UNICODE,
        order_id=None,
        actor_id=None,
        request_id=STAFF.request_id,
        at=NOW,
    )


async def test_stock_movements_are_stored_only_once_if_the_stock_is_saved_twice(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work() as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(stock, 2)
        await work.stocks.save([stock])
        await work.stocks.save([stock])
        await work.commit()
    assert stock.movements == []
    assert [movement.on_hand for movement in await ledger(shop, mug.id)] == [5, 7]


@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_stock_ledger_pages_list_newest_movements_first_during_inserts(shop: Shop, limit: int) -> None:
    mug, cup = await shop.product(stock=0), await shop.product(stock=100)
    for units in range(1, 7):
        await change(shop, mug.id, lambda stock, units=units: receive(stock, units))  # type: ignore[misc] # mypy cannot infer the type of a lambda with a default

    async def page_after(after: Position | None) -> Page[MovementView]:
        return await shop.store.stocks.movements(mug.id, after=after, limit=limit)

    seen: list[int] = []
    async for page in pages(page_after):
        assert len(page.items) <= limit
        seen += [movement.on_hand_delta for movement in page.items]
        await change(shop, mug.id, lambda stock: receive(stock, 50))
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert [movement.on_hand_delta for movement in await all_items(page_after)][-7:] == seen
    assert len(await ledger(shop, cup.id)) == 1


async def test_row_lock_of_a_stock_is_released_when_the_unit_of_work_ends(shop: Shop) -> None:
    mug = await shop.product(stock=5)

    async def try_to_lock() -> None:
        async with shop.store.unit_of_work_with_short_timeout() as another:
            await another.stocks.lock([mug.id])

    async with shop.store.unit_of_work() as work:
        await work.stocks.lock([mug.id])
        with pytest.raises(Overloaded):
            await try_to_lock()
        await work.commit()
    await try_to_lock()
    async with shop.store.unit_of_work() as work:
        await work.stocks.lock([mug.id])
    await try_to_lock()


async def test_stock_with_a_locked_row_can_be_read(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work() as work, shop.store.unit_of_work_with_short_timeout() as another:
        await work.stocks.lock([mug.id])
        assert (await another.stocks.get([mug.id]))[mug.id].on_hand == 5


async def test_stock_that_is_read_after_waiting_for_a_lock_has_the_committed_values(shop: Shop) -> None:
    mug = await shop.product(stock=0)
    await asyncio.gather(
        *(change(shop, mug.id, lambda stock: receive(stock, stock.on_hand + 1)) for _ in range(10))
    )
    assert (await shop.get_stock(mug.id)).on_hand == 2**10 - 1


async def test_locking_stocks_in_opposite_sequences_does_not_deadlock(shop: Shop) -> None:
    ids = [(await shop.product(stock=0)).id for _ in range(5)]

    async def receive_one_of_each(product_ids: list[ProductId]) -> None:
        async with shop.store.unit_of_work() as work:
            stocks = await work.stocks.lock(product_ids)
            for stock in stocks.values():
                receive(stock, 1)
            await work.stocks.save(stocks.values())
            await work.commit()

    await asyncio.gather(*(receive_one_of_each(ids if number % 2 else ids[::-1]) for number in range(20)))
    assert {(await shop.get_stock(id_)).on_hand for id_ in ids} == {20}


def oversell(stock: Stock) -> None:
    stock._move(MovementReason.RESERVED, now=NOW, actor=STAFF, reserved=stock.available + 1)


def release_what_was_not_reserved(stock: Stock) -> None:
    stock.release(1, order_id=OrderId(stock.product_id), now=NOW, actor=STAFF)


def ship_what_is_reserved(stock: Stock) -> None:
    stock.reserve(stock.available, order_id=OrderId(stock.product_id), now=NOW, actor=STAFF)
    stock._move(MovementReason.DAMAGE, now=NOW, actor=STAFF, on_hand=-1)


async def save_now(work: UnitOfWork, stock: Stock) -> None:
    await work.stocks.save([stock])
    await work.flush()


@pytest.mark.parametrize("mistake", [oversell, release_what_was_not_reserved, ship_what_is_reserved])
async def test_repository_rejects_a_stock_with_more_reserved_units_than_units_on_hand(
    shop: Shop, mistake: Callable[[Stock], None]
) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        mistake(stock)
        with pytest.raises(ReservationExceedsStock):
            await save_now(work, stock)
    assert (await shop.get_stock(mug.id)).available == 5
    assert len(await ledger(shop, mug.id)) == 1


async def read_without_lock(factory: UnitOfWorkFactory, product_id: ProductId) -> Stock:
    async with factory() as work:
        return (await work.stocks.get([product_id]))[product_id]


async def test_saving_a_stale_version_of_a_stock_fails(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    stale = await read_without_lock(shop.store.unit_of_work, mug.id)
    await change(shop, mug.id, lambda stock: receive(stock, 1))
    receive(stale, 100)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.stocks.lock([mug.id])
        with pytest.raises(Exception):  # noqa: B017, PT011 - the type of the exception depends on the adapter
            await save_now(work, stale)
    assert (await shop.get_stock(mug.id)).on_hand == 6
