import asyncio
from dataclasses import replace

import pytest

from application.catalog.ports import SkuTaken
from application.catalog.views import ProductView
from domain.catalog.product import Product, ProductChanges, ProductStatus
from domain.catalog.stock import Stock
from domain.shared.ids import ProductId
from domain.shared.money import MAX_AMOUNT, Money
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.examples import NOW, UNICODE, a_product
from tests.kit.shop import Shop


async def add(shop: Shop, *new: tuple[Product, Stock]) -> None:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.stocks.add([stock for _, stock in new])
        await work.products.add([product for product, _ in new])
        await work.commit()


async def change(shop: Shop, product_id: ProductId, changes: ProductChanges) -> ProductView:
    async with shop.store.unit_of_work(SOMEBODY) as work:
        product = (await work.products.lock([product_id]))[product_id]
        stock = (await work.stocks.lock([product_id]))[product_id]
        product.change(changes, stock=stock, now=NOW)
        await work.products.save([product])
        await work.commit()
    return ProductView.of(product, stock)


async def test_saved_product_is_read_back_unchanged(shop: Shop) -> None:
    product, stock = a_product(shop.ids, actor=STAFF)
    product.details = replace(product.details, price=Money(MAX_AMOUNT, "KWD"))
    view = ProductView.of(product, stock)
    await add(shop, (product, stock))
    async with shop.store.unit_of_work() as work:
        by_id = await work.products.get([product.id])
        by_sku = await work.products.find_by_sku([product.sku])
    assert ProductView.of(by_id[product.id], stock) == view
    assert ProductView.of(by_sku[product.sku], stock) == view
    assert await shop.store.products.get(product.id) == view
    assert by_id[product.id].events == []


async def test_product_repository_omits_unknown_products(shop: Shop) -> None:
    mug, cup = await shop.product(sku="MUG"), await shop.product(sku="CUP")
    nothing = ProductId(shop.ids.new())
    async with shop.store.unit_of_work(SOMEBODY) as work:
        assert set(await work.products.get([nothing, cup.id, mug.id, mug.id])) == {mug.id, cup.id}
        assert set(await work.products.find_by_sku(["MUG", "mug", "JUG", "MUG"])) == {"MUG"}
        assert set(await work.products.lock([nothing, cup.id, mug.id, mug.id])) == {mug.id, cup.id}
        assert await work.products.get([]) == await work.products.lock([]) == {}
        assert await work.products.find_by_sku([]) == {}
        await work.products.add([])
        await work.products.save([])
    assert await shop.store.products.get(nothing) is None


async def test_saved_product_changes_are_stored(shop: Shop) -> None:
    mug = await shop.product(stock=5, name="Mug", attributes={"colour": "red", "size": "L"})
    changed = await change(
        shop,
        mug.id,
        ProductChanges(
            name=UNICODE,
            description=UNICODE,
            price=Money(0, "JPY"),
            attributes={"size": None, UNICODE: UNICODE},
            max_per_order=3,
            status=ProductStatus.ARCHIVED,
        ),
    )
    assert changed.attributes == {"colour": "red", UNICODE: UNICODE}
    assert await shop.store.products.get(mug.id) == changed
    assert changed == ProductView(
        id=mug.id,
        sku=mug.sku,
        name=UNICODE,
        description=UNICODE,
        price=Money(0, "JPY"),
        attributes={"colour": "red", UNICODE: UNICODE},
        status=ProductStatus.ARCHIVED,
        available=5,
        max_per_order=3,
        version=mug.version + 1,
        created_at=mug.created_at,
        updated_at=NOW,
    )
    assert (await shop.store.outbox.counts())["product.changed"] == 1


async def test_unsaved_product_change_is_not_stored(shop: Shop) -> None:
    mug = await shop.product(attributes={"colour": "red"})
    async with shop.store.unit_of_work() as work:
        product = (await work.products.lock([mug.id]))[mug.id]
        stock = (await work.stocks.lock([mug.id]))[mug.id]
        product.change(ProductChanges(attributes={"colour": "blue"}), stock=stock, now=NOW)
        await work.commit()
    assert await shop.store.products.get(mug.id) == mug


async def test_product_version_is_incremented_by_orders_and_edits(
    shop: Shop,
) -> None:
    mug = await shop.product(stock=5)
    await shop.order(mug)
    after_sale = await shop.get_product(mug.id, include_archived=False)
    after_edit = await change(shop, mug.id, ProductChanges(name="Cup"))
    await shop.order(mug)
    after_second_sale = await shop.get_product(mug.id, include_archived=False)
    versions = [mug.version, after_sale.version, after_edit.version, after_second_sale.version]
    assert versions == [1, 2, 3, 4]
    assert after_second_sale.available == 3


async def test_repository_rejects_products_with_a_used_or_repeated_sku(shop: Shop) -> None:
    await add(shop, a_product(shop.ids, actor=STAFF, sku="MUG"))
    with pytest.raises(SkuTaken):
        await add(
            shop, a_product(shop.ids, actor=STAFF, sku="CUP"), a_product(shop.ids, actor=STAFF, sku="MUG")
        )
    with pytest.raises(SkuTaken):
        await add(
            shop, a_product(shop.ids, actor=STAFF, sku="JUG"), a_product(shop.ids, actor=STAFF, sku="JUG")
        )
    await add(shop, a_product(shop.ids, actor=STAFF, sku="CUP"), a_product(shop.ids, actor=STAFF, sku="JUG"))
    assert (await shop.store.outbox.counts())["product.created"] == 3


async def test_only_one_of_several_concurrently_created_products_with_one_sku_is_stored(shop: Shop) -> None:
    outcomes = await asyncio.gather(*(shop.product(sku="MUG") for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(outcome, ProductView) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, SkuTaken) for outcome in outcomes) == 9
