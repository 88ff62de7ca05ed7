"""The import accepts exactly what `POST /v1/products` accepts: both use the domain's rules."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from entrypoints.catalog_file.rows import BadFields, product_from
from entrypoints.http.api.catalog.schemas import CreateProductRequest

SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-2, max_value=2),
    st.sampled_from([2**53, 2**53 - 1, 1_000_000, 1_000_001, 1_000_000_000, 1_000_000_001, 1.5]),
    st.sampled_from(["", "MUG-RED", "-", "EUR", "euro", "x" * 64, "x" * 65, "x" * 201, "x\x00", "x" * 501]),
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
                [*row, "description", "attributes", "max_per_order", "initial_stock", "misspelled"]
            ),
            VALUES,
            max_size=2,
        ).map(lambda others: row | others)
    ),
)


@given(row=ROWS)
def test_import_and_request_accept_the_same_products(row: Any) -> None:
    try:
        request = CreateProductRequest.model_validate(row)
    except ValidationError:
        request = None
    try:
        product = product_from(row)
    except BadFields:
        assert request is None
        return
    assert request is not None
    assert (product.sku, product.details, product.initial_stock) == (
        request.sku,
        request.details(),
        request.initial_stock,
    )
