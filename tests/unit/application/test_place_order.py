from tests.invariants import assert_invariants
from tests.kit.shop import Shop


async def test_an_order_holds_stock(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    await shop.order(mug, quantity=2)
    assert (await shop.get_stock(mug.id)).available == 3
    await assert_invariants(shop)
