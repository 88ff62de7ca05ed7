"""A field of a product that some place forgets is found here; tests/contract/test_round_trips.py checks the mapping."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from application.catalog.create_product import CreateProductCommand
from application.catalog.import_catalog import CatalogRow
from application.catalog.views import ProductView
from domain.catalog.product import Product, ProductChanges, ProductStatus
from domain.catalog.stock import Stock
from domain.shared.ids import ProductId
from domain.shared.money import Money
from domain.shared.unset import UNSET
from entrypoints.catalog_file import rows
from entrypoints.http.api.catalog.schemas import ChangeProductRequest, CreateProductRequest, ProductResponse
from tests.kit.actors import SOMEBODY

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SET_BY_SERVICE = {"id", "status", "version", "stock_version", "created_at", "updated_at"}
SETTABLE = {field.name for field in fields(Product) if field.init} - SET_BY_SERVICE

BEFORE = {
    "name": "Mug",
    "description": "",
    "price": Money(1000, "EUR"),
    "attributes": {},
    "max_per_order": None,
}
CHANGED = {
    "name": "Cup",
    "description": "Holds a quarter of a litre.",
    "price": Money(1200, "EUR"),
    "attributes": {"colour": "red"},
    "max_per_order": 3,
}
"""A changed value for every field that can be changed. A new field is missing here first."""


def names(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


def product_and_stock() -> tuple[Product, Stock]:
    product_id = ProductId(UUID(int=1))
    stock = Stock.open(product_id, 5, now=NOW, actor=SOMEBODY)
    product = Product.create(id=product_id, sku="MUG-1", stock=stock, now=NOW, **BEFORE)  # type: ignore[arg-type] # values of several types
    return product, stock


def test_every_settable_field_has_a_changed_value_here() -> None:
    assert CHANGED.keys() == BEFORE.keys() == SETTABLE - {"sku"}


def test_every_settable_field_can_be_created_and_imported() -> None:
    assert names(CreateProductCommand) >= SETTABLE
    assert names(CatalogRow) >= SETTABLE
    assert CreateProductRequest.model_fields.keys() >= SETTABLE
    assert {*rows._REQUIRED, *rows._OPTIONAL} >= SETTABLE


def test_every_settable_field_except_the_sku_can_be_changed() -> None:
    assert names(ProductChanges) == SETTABLE - {"sku"} | {"status"}
    assert ChangeProductRequest.model_fields.keys() == names(ProductChanges)


def test_every_settable_field_is_in_the_view() -> None:
    assert names(ProductView) == SETTABLE | SET_BY_SERVICE - {"stock_version"} | {"available"}
    assert ProductResponse.model_fields.keys() == names(ProductView)


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_changed_field_is_applied_and_shown(name: str) -> None:
    product, stock = product_and_stock()
    product.change(ProductChanges(**{name: CHANGED[name]}), stock=stock, now=NOW)  # type: ignore[arg-type] # values of several types
    assert getattr(ProductView.of(product, stock), name) == CHANGED[name]


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_import_changes_a_product_that_differs_in_one_field(name: str) -> None:
    product, _ = product_and_stock()
    same = CatalogRow(sku="MUG-1", initial_stock=0, **BEFORE)  # type: ignore[arg-type] # values of several types
    changes = replace(same, **{name: CHANGED[name]}).changes_to(product)  # type: ignore[arg-type] # values of several types
    assert changes is not None
    assert getattr(changes, name) == CHANGED[name]
    assert same.changes_to(product) is None


def test_patch_passes_every_field_on() -> None:
    body = {
        **CHANGED,
        "price": {"amount": 1200, "currency": "EUR"},
        "status": ProductStatus.ARCHIVED.value,
    }
    changes = ChangeProductRequest.model_validate(body).changes()
    assert {field.name for field in fields(changes) if getattr(changes, field.name) is UNSET} == set()
    assert {name: getattr(changes, name) for name in CHANGED} == CHANGED
