from dataclasses import replace

import pytest

from domain.catalog.product import (
    MAX_ATTRIBUTES,
    Product,
    ProductChanged,
    ProductChanges,
    ProductCreated,
    ProductStatus,
)
from domain.catalog.stock import MovementReason, Stock
from domain.shared.errors import PreconditionFailed, ValidationFailed
from domain.shared.money import Money
from tests.kit.actors import STAFF
from tests.kit.examples import NOW, a_product
from tests.kit.ports import SequentialIds


@pytest.fixture
def product_and_stock() -> tuple[Product, Stock]:
    return a_product(SequentialIds(), actor=STAFF, sku="MUG-RED", name="Mug, rouge à pois")


@pytest.fixture
def product(product_and_stock: tuple[Product, Stock]) -> Product:
    return product_and_stock[0]


@pytest.fixture
def stock(product_and_stock: tuple[Product, Stock]) -> Stock:
    return product_and_stock[1]


def receive(stock: Stock) -> None:
    stock.adjust(1, MovementReason.RECEIPT, note=None, now=NOW, actor=STAFF)


def test_product_change_does_not_affect_fields_that_the_change_omits(product: Product, stock: Stock) -> None:
    product.change(ProductChanges(name="Beaker", max_per_order=None), stock=stock, now=NOW)
    assert (product.details.name, product.details.max_per_order) == ("Beaker", None)
    assert (product.sku, product.details.price, product.status) == (
        "MUG-RED",
        Money(1999, "EUR"),
        ProductStatus.ACTIVE,
    )


def test_product_attributes_are_merged_and_null_removes_an_attribute(product: Product, stock: Stock) -> None:
    product.details = replace(product.details, attributes={"colour": "red", "size": "L"})
    product.change(ProductChanges(attributes={"size": None, "glaze": "matt"}), stock=stock, now=NOW)
    assert product.details.attributes == {"colour": "red", "glaze": "matt"}


def test_null_removes_all_product_attributes(product: Product, stock: Stock) -> None:
    product.change(ProductChanges(attributes=None), stock=stock, now=NOW)
    assert product.details.attributes == {}


def test_product_edit_that_adds_too_many_attributes_changes_nothing(product: Product, stock: Stock) -> None:
    attributes = {f"old-{number}": "" for number in range(MAX_ATTRIBUTES - 1)}
    product.details = replace(product.details, attributes=attributes)
    product.change(ProductChanges(attributes={"last": ""}), stock=stock, now=NOW)
    details, version = product.details, product.version
    with pytest.raises(ValidationFailed) as refusal:
        product.change(
            ProductChanges(name="Beaker", attributes={"one above the limit": ""}), stock=stock, now=NOW
        )
    assert [violation.path for violation in refusal.value.violations] == [("attributes",)]
    assert (product.details, product.version) == (details, version)
    assert len(details.attributes) == MAX_ATTRIBUTES
    product.change(ProductChanges(attributes={"last": None, "another": ""}), stock=stock, now=NOW)


def test_archived_product_can_be_activated_again(product: Product, stock: Stock) -> None:
    product.archive(stock=stock, now=NOW)
    assert not product.is_for_sale
    product.change(ProductChanges(status=ProductStatus.ACTIVE), stock=stock, now=NOW)
    assert product.is_for_sale


def test_product_version_is_incremented_by_edits_and_stock_movements(product: Product, stock: Stock) -> None:
    versions = [product.version_with(stock)]
    for step in (receive, receive, product, receive, product, product, receive):
        if isinstance(step, Product):
            step.change(ProductChanges(description="Round"), stock=stock, now=NOW)
        else:
            step(stock)
        versions.append(product.version_with(stock))
    assert versions == list(range(1, 9))


def test_product_edit_conflicts_with_other_edits_but_not_with_stock_movements(
    product: Product, stock: Stock
) -> None:
    seen = product.version_with(stock)
    receive(stock)
    product.ensure_unedited_since(seen, stock)
    seen_after_sale = product.version_with(stock)
    product.change(ProductChanges(name="Beaker"), stock=stock, now=NOW)
    for stale in (seen, seen_after_sale):
        with pytest.raises(PreconditionFailed) as refusal:
            product.ensure_unedited_since(stale, stock)
        assert refusal.value.current_version == product.version_with(stock) == 3
    product.ensure_unedited_since(3, stock)


def test_product_edit_with_a_future_version_is_rejected(product: Product, stock: Stock) -> None:
    with pytest.raises(PreconditionFailed):
        product.ensure_unedited_since(2, stock)


def test_every_product_edit_records_an_event(product: Product, stock: Stock) -> None:
    product.change(ProductChanges(price=Money(5, "EUR")), stock=stock, now=NOW)
    created, changed = product.take_events()
    assert isinstance(created, ProductCreated)
    assert isinstance(changed, ProductChanged)
    assert (created.price, changed.price) == (Money(1999, "EUR"), Money(5, "EUR"))
    assert (changed.description, changed.attributes) == (
        product.details.description,
        product.details.attributes,
    )
    assert (created.aggregate_version, changed.aggregate_version) == (1, 2)
    assert product.take_events() == []


def test_search_finds_misspelled_words_only_in_the_sku_and_the_name(
    product: Product,
) -> None:
    product.details = replace(product.details, description="Holds tea")
    assert product.search_words == {"mug", "red", "mugred", "rouge", "a", "pois", "holds", "tea"}
    assert "roge" in product.search_typos
    assert "hods" not in product.search_typos
    assert product.sort_name == "mug, rouge a pois"
