"""The import accepts the same values as `POST /v1/products`, because both use the rules of the domain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from application.catalog.plan_import import CatalogRow
from entrypoints.catalog_file.rows import BadFields, row_from
from entrypoints.http.api.catalog.schemas import ChangeProductRequest, OnHand, Sku

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-2, max_value=2),
    st.sampled_from([2**53, 2**53 - 1, 1_000_000, 1_000_001, 1_000_000_000, 1_000_000_001, 1.5]),
    st.sampled_from(
        ["", "MUG-RED", "-", "EUR", "euro", "x" * 64, "x" * 65, "x" * 201, "x\x00", "x" * 501, "active"]
    ),
    st.just([]),
)
VALUES = st.one_of(
    SCALARS,
    st.dictionaries(st.sampled_from(["", "colour", "x" * 65, "amount"]), SCALARS),
    st.fixed_dictionaries({"amount": SCALARS, "currency": SCALARS}),
)
ROWS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {
            "sku": st.just("MUG"),
            "name": st.just("Mug"),
            "price": st.just({"amount": 1, "currency": "EUR"}),
        }
    ).flatmap(
        lambda row: st.dictionaries(
            st.sampled_from(
                [*row, "description", "attributes", "max_per_order", "initial_stock", "status", "misspelled"]
            ),
            VALUES,
            max_size=2,
        ).map(lambda others: row | others)
    ),
)


SKU: TypeAdapter[str] = TypeAdapter(Sku)
STOCK: TypeAdapter[int | None] = TypeAdapter(OnHand | None)


@given(row=ROWS)
def test_catalog_import_and_product_patch_accept_the_same_changes(row: Any) -> None:
    try:
        changes = {name: value for name, value in row.items() if name not in {"sku", "initial_stock"}}
        sku, stock = SKU.validate_python(row["sku"]), STOCK.validate_python(row.get("initial_stock"))
        patch = ChangeProductRequest.model_validate(changes)
    except (AttributeError, TypeError, KeyError, ValidationError):
        with pytest.raises(BadFields):
            row_from(7, row)
        return
    expected = CatalogRow(line=7, sku=sku, changes=patch.changes(), initial_stock=stock or 0)
    assert row_from(7, row) == expected
