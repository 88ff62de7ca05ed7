from dataclasses import replace

import pytest

from application.catalog.change_product import ChangeProductCommand
from application.catalog.create_product import CreateProductCommand
from application.catalog.ports import ProductFilter, ProductSort, SkuTaken
from application.catalog.views import ProductView
from application.orders.access import OrderAccess
from application.shared.idempotency import IdempotencyKeyReused, IdempotentOperation
from domain.catalog.product import ProductChanges, ProductDetails, ProductStatus
from domain.catalog.stock import MAX_ON_HAND, StockConflict
from domain.shared.errors import NotFound, PreconditionFailed
from domain.shared.ids import ProductId
from domain.shared.money import Money
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.shop import Shop

CREATE = CreateProductCommand(
    sku="MUG-RED",
    details=ProductDetails(
        name="Mug, red",
        description="Holds 300 ml",
        price=Money(999, "EUR"),
        attributes={"colour": "red"},
        max_per_order=10,
    ),
    initial_stock=5,
    key=None,
    actor=STAFF,
)


def changing(product: ProductView, changes: ProductChanges) -> ChangeProductCommand:
    return ChangeProductCommand(
        product_id=product.id, expected_version=product.version, changes=changes, actor=SOMEBODY
    )


async def listed(shop: Shop, criteria: ProductFilter, *, include_archived: bool) -> list[ProductView]:
    page = await shop.list_products(
        criteria,
        sort=ProductSort.NAME,
        descending=False,
        after=None,
        limit=100,
        include_archived=include_archived,
    )
    return list(page.items)


async def test_new_product_is_active_and_has_the_initial_stock(shop: Shop) -> None:
    created = await shop.create_product(CREATE)
    assert created.result == ProductView(
        id=created.result.id,
        sku="MUG-RED",
        name="Mug, red",
        description="Holds 300 ml",
        price=Money(999, "EUR"),
        attributes={"colour": "red"},
        status=ProductStatus.ACTIVE,
        available=5,
        max_per_order=10,
        version=1,
        created_at=shop.clock.now(),
        updated_at=shop.clock.now(),
    )
    assert await shop.get_product(created.result.id, include_archived=False) == created.result
    assert (await shop.store.outbox.counts())["product.created"] == 1


async def test_product_with_an_existing_sku_is_rejected(shop: Shop) -> None:
    await shop.create_product(CREATE)
    with pytest.raises(SkuTaken):
        await shop.create_product(CREATE)


@pytest.mark.parametrize("initial_stock", [-1, MAX_ON_HAND + 1])
async def test_product_with_invalid_stock_is_rejected(shop: Shop, initial_stock: int) -> None:
    with pytest.raises(StockConflict):
        await shop.create_product(replace(CREATE, initial_stock=initial_stock))
    assert await listed(shop, ProductFilter(status=None), include_archived=True) == []


async def test_product_is_created_only_once_per_idempotency_key(shop: Shop) -> None:
    command = replace(
        CREATE, key=shop.commands.key(CREATE, operation=IdempotentOperation.CREATE_PRODUCT, key="k")
    )
    first, again = await shop.create_product(command), await shop.create_product(command)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.result == again.result
    other = replace(
        CREATE, sku="CUP", key=shop.commands.key("CUP", operation=IdempotentOperation.CREATE_PRODUCT, key="k")
    )
    with pytest.raises(IdempotencyKeyReused):
        await shop.create_product(other)


async def test_product_edit_changes_only_the_fields_that_it_contains(shop: Shop) -> None:
    mug = await shop.product(stock=5, name="Mug")
    changed = await shop.change_product(changing(mug, ProductChanges(name="Beaker")))
    assert changed == replace(mug, name="Beaker", version=2)
    assert await shop.get_product(mug.id, include_archived=False) == changed


async def test_second_product_edit_with_the_same_expected_version_is_rejected(shop: Shop) -> None:
    mug = await shop.product()
    changed = await shop.change_product(changing(mug, ProductChanges(name="Beaker")))
    with pytest.raises(PreconditionFailed) as refusal:
        await shop.change_product(changing(mug, ProductChanges(name="Jug")))
    assert refusal.value.current_version == changed.version
    with pytest.raises(PreconditionFailed):
        await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    assert (await shop.get_product(mug.id, include_archived=False)).name == "Beaker"


async def test_product_can_be_edited_with_a_version_that_was_read_before_an_order(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    await shop.order(mug)
    changed = await shop.change_product(changing(mug, ProductChanges(price=Money(1, "EUR"))))
    assert (changed.available, changed.version) == (4, mug.version + 2)


async def test_product_edit_does_not_change_names_and_prices_of_earlier_orders(shop: Shop) -> None:
    mug = await shop.product(stock=5, price=1000, name="Mug")
    order = await shop.order(mug)
    await shop.change_product(changing(mug, ProductChanges(name="Beaker", price=Money(1, "EUR"))))
    assert await shop.get_order(order.id, access=OrderAccess.all()) == order


async def test_archived_product_is_hidden_from_customers(shop: Shop) -> None:
    mug = await shop.product()
    await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    with pytest.raises(NotFound):
        await shop.get_product(mug.id, include_archived=False)
    archived = await shop.get_product(mug.id, include_archived=True)
    assert archived.status is ProductStatus.ARCHIVED
    for status in (ProductStatus.ARCHIVED, None):
        criteria = ProductFilter(status=status)
        assert await listed(shop, criteria, include_archived=False) == []
        assert await listed(shop, criteria, include_archived=True) == [archived]


async def test_archiving_an_archived_product_has_no_effect(shop: Shop) -> None:
    mug = await shop.product()
    await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    archived = await shop.get_product(mug.id, include_archived=True)
    await shop.archive_product(mug.id, expected_version=archived.version, actor=SOMEBODY)
    assert await shop.get_product(mug.id, include_archived=True) == archived
    assert (await shop.store.outbox.counts())["product.changed"] == 1


async def test_unknown_product_is_not_found(shop: Shop) -> None:
    nothing = ProductId(shop.ids.new())
    with pytest.raises(NotFound):
        await shop.get_product(nothing, include_archived=True)
    with pytest.raises(NotFound):
        await shop.archive_product(nothing, expected_version=1, actor=SOMEBODY)
    with pytest.raises(NotFound):
        await shop.change_product(
            ChangeProductCommand(
                product_id=nothing, expected_version=1, changes=ProductChanges(), actor=SOMEBODY
            )
        )
