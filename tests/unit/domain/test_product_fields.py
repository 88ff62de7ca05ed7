"""These tests fail if some code omits a field of a product.

tests/contract/test_round_trips.py checks the mapping.
"""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import get_type_hints
from uuid import UUID

import pytest

from application.catalog.views import ProductView
from domain.catalog.product import TEXT_RULES, Product, ProductChanges, ProductDetails, ProductStatus
from domain.catalog.stock import Stock
from domain.shared.ids import ProductId
from domain.shared.money import Money
from domain.shared.unset import UNSET
from entrypoints.catalog_file.csv_rows import CsvRows
from entrypoints.catalog_file.rows import row_from
from entrypoints.http.api.catalog.schemas import ChangeProductRequest, CreateProductRequest, ProductResponse
from tests.kit.actors import SOMEBODY

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SET_BY_SERVICE = {"id", "sku", "version", "created_at", "updated_at", "available"}
DETAILS = {field.name for field in fields(ProductDetails)}
BEFORE = ProductDetails(name="Mug", price=Money(1000, "EUR"))
CHANGED = {
    "name": "Cup",
    "description": "Holds a quarter of a litre.",
    "price": Money(1200, "EUR"),
    "attributes": {"colour": "red"},
    "max_per_order": 3,
}
"""A changed value for every field of a product. A new field of products has to be added here."""
JSON = {**CHANGED, "price": {"amount": 1200, "currency": "EUR"}}


def product_and_stock() -> tuple[Product, Stock]:
    product_id = ProductId(UUID(int=1))
    stock = Stock.open(product_id, 5, now=NOW, actor=SOMEBODY)
    return Product.create(id=product_id, sku="MUG-1", details=BEFORE, stock=stock, now=NOW), stock


def test_table_of_changed_values_in_this_test_contains_every_product_field() -> None:
    assert CHANGED.keys() == DETAILS
    assert [name for name, value in CHANGED.items() if value == getattr(BEFORE, name)] == []


def test_every_product_field_that_contains_text_has_a_text_rule() -> None:
    hints = get_type_hints(ProductDetails)
    assert {name for name, hint in hints.items() if hint in {str, str | None}} == TEXT_RULES.keys()


def test_create_request_sets_every_product_field() -> None:
    request = CreateProductRequest.model_validate({"sku": "MUG-1", **JSON})
    assert request.details() == replace(BEFORE, **CHANGED)  # type: ignore[arg-type] # values of several types


def test_patch_request_changes_every_product_field() -> None:
    changes = ChangeProductRequest.model_validate({**JSON, "status": "archived"}).changes()
    assert changes == ProductChanges(**CHANGED, status=ProductStatus.ARCHIVED)  # type: ignore[arg-type] # values of several types
    assert [field.name for field in fields(changes) if getattr(changes, field.name) is UNSET] == []


def test_patch_request_can_clear_every_optional_product_field() -> None:
    required = {"name", "price"}
    optional = {name: getattr(BEFORE, name) for name in DETAILS - required}
    changes = ChangeProductRequest.model_validate(dict.fromkeys(optional)).changes()
    details = replace(BEFORE, **CHANGED).changed_by(changes)  # type: ignore[arg-type] # values of several types
    assert {name: getattr(details, name) for name in optional} == optional


def test_import_changes_every_product_field() -> None:
    changes = row_from(1, {"sku": "MUG-1", **JSON, "status": "archived"}).changes
    assert changes == ProductChanges(**CHANGED, status=ProductStatus.ARCHIVED)  # type: ignore[arg-type] # values of several types


def test_csv_file_can_contain_every_product_field() -> None:
    cells = {
        **CHANGED,
        "price_amount": 1200,
        "price_currency": "EUR",
        "attributes.colour": "red",
        "sku": "MUG-1",
    }
    del cells["price"], cells["attributes"]
    [(_, row)] = CsvRows(f"{','.join(cells)}\n{','.join(map(str, cells.values()))}\n")
    assert row_from(2, row).changes == ProductChanges(**CHANGED)  # type: ignore[arg-type] # values of several types


@pytest.mark.parametrize("name", sorted(CHANGED))
def test_change_of_a_product_field_is_applied_and_visible_in_the_view(name: str) -> None:
    product, stock = product_and_stock()
    product.change(ProductChanges(**{name: CHANGED[name]}), stock=stock, now=NOW)  # type: ignore[arg-type] # values of several types
    assert getattr(ProductView.of(product, stock), name) == CHANGED[name]


def test_product_view_and_product_response_have_every_product_field() -> None:
    view = {field.name for field in fields(ProductView)}
    assert view == DETAILS | SET_BY_SERVICE | {"status"}
    assert ProductResponse.model_fields.keys() == view
