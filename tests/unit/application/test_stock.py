import pytest

from application.catalog.count_stock import CountStockCommand
from application.shared.idempotency import IdempotencyKeyReused
from domain.catalog.stock import MovementReason, StockConflict
from domain.shared.errors import NotFound, PreconditionFailed
from domain.shared.ids import ProductId
from tests.invariants import assert_invariants
from tests.kit.actors import STAFF
from tests.kit.shop import Shop


def counting(product_id: ProductId, on_hand: int, *, expected_version: int) -> CountStockCommand:
    return CountStockCommand(
        product_id=product_id,
        on_hand=on_hand,
        reason="inventory",
        expected_version=expected_version,
        actor=STAFF,
    )


async def test_stock_count_changes_units_on_hand_but_not_reserved_units(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    await shop.order(mug, quantity=2)
    stock = await shop.get_stock(mug.id)
    counted = await shop.count_stock(counting(mug.id, 4, expected_version=stock.version))
    assert (counted.on_hand, counted.reserved, counted.available) == (4, 2, 2)
    assert await shop.get_stock(mug.id) == counted
    await assert_invariants(shop)


async def test_stock_count_with_a_stale_version_is_rejected(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    stock = await shop.get_stock(mug.id)
    await shop.order(mug)
    with pytest.raises(PreconditionFailed) as refusal:
        await shop.count_stock(counting(mug.id, 9, expected_version=stock.version))
    assert refusal.value.current_version == stock.version + 1


async def test_stock_count_below_the_reserved_units_is_rejected(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    await shop.order(mug, quantity=3)
    with pytest.raises(StockConflict):
        await shop.count_stock(counting(mug.id, 2, expected_version=2))
    assert (await shop.get_stock(mug.id)).on_hand == 5


async def test_stock_adjustment_changes_every_line(shop: Shop) -> None:
    mug, cup = await shop.product(stock=5), await shop.product(stock=5)
    adjusted = await shop.adjust_stock(
        shop.commands.adjust_stock((mug, 3), (cup, -1), (mug, 1), reason=MovementReason.RECEIPT)
    )
    assert {stock.sku: stock.on_hand for stock in adjusted.result.stocks} == {mug.sku: 9, cup.sku: 4}
    assert adjusted.result.reason is MovementReason.RECEIPT
    await assert_invariants(shop)


async def test_stock_adjustment_with_one_invalid_line_is_rejected_as_a_whole(shop: Shop) -> None:
    mug, cup = await shop.product(stock=5), await shop.product(stock=0)
    with pytest.raises(StockConflict):
        await shop.adjust_stock(shop.commands.adjust_stock((mug, 3), (cup, -1)))
    assert (await shop.get_stock(mug.id)).on_hand == 5
    await assert_invariants(shop)


async def test_stock_adjustment_is_applied_only_once_per_idempotency_key(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    command = shop.commands.adjust_stock((mug, 3), key="k")
    first, again = await shop.adjust_stock(command), await shop.adjust_stock(command)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.result == again.result
    assert (await shop.get_stock(mug.id)).on_hand == 8
    with pytest.raises(IdempotencyKeyReused):
        await shop.adjust_stock(shop.commands.adjust_stock((mug, 4), key="k"))


async def test_stock_ledger_lists_movements_newest_first(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    order = await shop.order(mug, quantity=2)
    await shop.cancel(order)
    await shop.adjust_stock(shop.commands.adjust_stock((mug, -1), reason=MovementReason.DAMAGE))
    page = await shop.list_movements(mug.id, after=None, limit=3)
    assert [(movement.reason, movement.on_hand, movement.reserved) for movement in page.items] == [
        (MovementReason.DAMAGE, 4, 0),
        (MovementReason.RELEASED, 5, 0),
        (MovementReason.RESERVED, 5, 2),
    ]
    assert {movement.order_id for movement in page.items} == {None, order.id}
    rest = await shop.list_movements(mug.id, after=page.next, limit=3)
    assert [movement.reason for movement in rest.items] == [MovementReason.INITIAL]
    assert rest.next is None


async def test_stock_commands_and_queries_for_an_unknown_product_raise_not_found(shop: Shop) -> None:
    nothing = ProductId(shop.ids.new())
    with pytest.raises(NotFound):
        await shop.get_stock(nothing)
    with pytest.raises(NotFound):
        await shop.list_movements(nothing, after=None, limit=1)
    with pytest.raises(NotFound):
        await shop.count_stock(counting(nothing, 1, expected_version=1))
