import pytest

from application.orders.access import OrderAccess
from application.shared.idempotency import IdempotentOperation
from application.users.ports import EmailTaken
from application.users.views import UserView
from domain.catalog.stock import MovementReason, Stock
from domain.shared.ids import ProductId
from tests.invariants import assert_invariants, ledger
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.examples import NOW, a_user
from tests.kit.interrupting import is_cancelled_at
from tests.kit.shop import Shop


def receive(stock: Stock, units: int) -> None:
    stock.adjust(units, MovementReason.RECEIPT, note=None, now=NOW, actor=STAFF)


async def on_hand(shop: Shop, product_id: ProductId) -> int:
    return (await shop.get_stock(product_id)).on_hand


async def test_saved_and_committed_changes_are_stored(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work() as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(stock, 2)
        await work.stocks.save([stock])
        await work.commit()
    assert await on_hand(shop, mug.id) == 7


async def test_commit_discards_unsaved_changes(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    order = await shop.order(mug)
    async with shop.store.unit_of_work() as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        product = (await work.products.get([mug.id]))[mug.id]
        locked = await work.orders.get(order.id)
        assert locked
        receive(stock, 2)
        product.archive(stock=stock, now=NOW)
        locked.cancel(None, now=NOW, actor=STAFF)
        await work.commit()
    assert await on_hand(shop, mug.id) == 5
    assert (await shop.get_product(mug.id, include_archived=True)).status is mug.status
    assert await shop.get_order(order.id, access=OrderAccess.all()) == order
    assert (await shop.store.outbox.counts())["product.changed"] == 0
    await assert_invariants(shop)


async def test_commit_discards_changes_made_after_the_last_save(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work() as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(stock, 2)
        await work.stocks.save([stock])
        receive(stock, 100)
        await work.commit()
    assert await on_hand(shop, mug.id) == 7
    await assert_invariants(shop)


async def test_uncommitted_stock_and_user_changes_are_not_stored(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(stock, 2)
        await work.stocks.save([stock])
        await work.users.add(a_user(shop.ids))
    assert await on_hand(shop, mug.id) == 5
    assert len(await ledger(shop, mug.id)) == 1
    assert (await shop.store.outbox.counts())["user.signed_up"] == 0


async def test_unit_of_work_is_rolled_back_after_an_exception(shop: Shop) -> None:
    mug = await shop.product(stock=5)

    async def receive_and_fail() -> None:
        async with shop.store.unit_of_work() as work:
            stock = (await work.stocks.lock([mug.id]))[mug.id]
            receive(stock, 2)
            await work.stocks.save([stock])
            raise LookupError

    with pytest.raises(LookupError):
        await receive_and_fail()
    assert await on_hand(shop, mug.id) == 5


async def test_unit_of_work_reads_the_changes_that_it_has_saved(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work() as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(stock, 2)
        await work.stocks.save([stock])
        assert (await work.stocks.get([mug.id]))[mug.id].on_hand == 7
        receive(stock, 1)
        await work.stocks.save([stock])
        await work.commit()
    assert await on_hand(shop, mug.id) == 8
    assert [movement.on_hand_delta for movement in await ledger(shop, mug.id)] == [5, 2, 1]


async def test_uncommitted_changes_are_invisible_to_other_units_of_work(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    async with shop.store.unit_of_work() as work:
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        receive(stock, 2)
        await work.stocks.save([stock])
        assert await on_hand(shop, mug.id) == 5
        async with shop.store.unit_of_work() as another:
            assert (await another.stocks.get([mug.id]))[mug.id].on_hand == 5
        await work.commit()
    assert await on_hand(shop, mug.id) == 7


async def test_commit_of_a_unit_of_work_fails_after_the_database_rejected_a_write(shop: Shop) -> None:
    await shop.customer("ann@example.com")
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.users.add(a_user(shop.ids, email="bob@example.com"))
        with pytest.raises(EmailTaken):
            await work.users.add(a_user(shop.ids, email="ann@example.com"))
        with pytest.raises(RuntimeError):
            await work.commit()
    await shop.customer("bob@example.com")


async def test_commit_is_completed_although_its_caller_is_canceled(shop: Shop) -> None:
    async def is_committed_though_cancelled_at(suspension: int) -> bool:
        user = a_user(shop.ids, email=f"{suspension}@example.com")
        key = shop.commands.key(suspension, operation=IdempotentOperation.CREATE_USER)
        async with shop.store.unit_of_work(SOMEBODY) as work:
            await work.idempotency.claim([key], UserView)
            await work.users.add(user)
            is_cancelled = await is_cancelled_at(suspension, work.commit())
        assert await shop.store.users.get(user.id) is not None
        assert (await shop.store.outbox.counts(of=[user.id]))["user.signed_up"] == 1
        return is_cancelled

    suspension = 1
    while await is_committed_though_cancelled_at(suspension):
        suspension += 1
    assert suspension > 1


async def test_order_placement_is_atomic_if_the_caller_is_canceled(shop: Shop) -> None:
    mug, cup = await shop.product(stock=1000), await shop.product(stock=1000)
    batch = shop.batch()
    suspension, placed_though_cancelled = 0, 0
    is_cancelled = True
    while is_cancelled:
        suspension += 1
        command = shop.commands.place_order((mug, 1), (cup, 2), customer=await shop.customer())
        is_cancelled = await is_cancelled_at(suspension, batch([command]))
        order = await shop.store.orders.get_by_key(*command.order_key)
        placed_though_cancelled += is_cancelled and order is not None
    assert suspension > 3
    assert placed_though_cancelled > 0, "the commit itself is not cancelled"
    await assert_invariants(shop)
    await shop.order(mug)


async def test_events_of_a_saved_aggregate_are_stored_only_once(shop: Shop) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        user = a_user(shop.ids)
        await work.users.add(user)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        await work.commit()
    assert (await shop.store.outbox.counts())["user.signed_up"] == 1
    assert (await shop.store.outbox.counts(of=[user.id]))["user.signed_up"] == 1
    assert (await shop.store.outbox.counts(of=[shop.ids.new()]))["user.signed_up"] == 0
    assert (await shop.store.outbox.counts(of=[]))["user.signed_up"] == 0
    assert (await shop.store.outbox.counts())["order.placed"] == 0
