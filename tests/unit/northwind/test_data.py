"""The converted files match the original Northwind data."""

from entrypoints.catalog_file.reading import read_catalog
from entrypoints.http.api.orders.address_schemas import AddressSchema
from examples.northwind.data import PRODUCTS_FILE, load_northwind

CENTS_ORDERED = 144_936_731
"""The sum of quantity times list price over all lines of Northwind's order-details.csv.

The original file has 2,155 lines. These lines contain 51,317 units for 1,449,367.31 dollars.
"""
UNITS_ORDERED = 51_317
UNITS_IN_STOCK_AT_THE_END = 3_119


def test_northwind_data_is_complete() -> None:
    northwind = load_northwind()
    assert len(northwind.products) == 77
    assert len(northwind.customers) == 91
    assert len({order.id for order in northwind.orders}) == 830
    assert sum(len(order.quantities) for order in northwind.orders) == 2155


def test_total_of_a_northwind_order_is_the_sum_of_the_list_prices() -> None:
    northwind = load_northwind()
    assert sum(northwind.total(order) for order in northwind.orders) == CENTS_ORDERED


def test_stock_after_the_demo_orders_equals_the_stock_in_the_northwind_data() -> None:
    northwind = load_northwind()
    ordered = northwind.units_ordered()
    assert sum(ordered.values()) == UNITS_ORDERED
    left = {sku: product.stock - ordered[sku] for sku, product in northwind.products.items()}
    assert sum(left.values()) == UNITS_IN_STOCK_AT_THE_END
    assert left["NW-0001"] == 39
    assert min(left.values()) == 0


def test_northwind_catalog_can_be_imported() -> None:
    rows = read_catalog(PRODUCTS_FILE, progress=lambda _: None)
    assert {row.sku for row in rows} == load_northwind().products.keys()
    assert next(row for row in rows if row.sku == "NW-0038").changes.name == "Côte de Blaye"


def test_every_northwind_order_has_a_valid_customer() -> None:
    northwind = load_northwind()
    customers = {customer.id for customer in northwind.customers}
    assert all(customer.email.endswith("@example.com") for customer in northwind.customers)
    for order in northwind.orders:
        assert order.customer_id in customers
        assert order.quantities.keys() <= northwind.products.keys()
        AddressSchema.model_validate(order.shipping_address)


def test_quoted_comma_in_northwind_csv_data_is_part_of_the_value() -> None:
    address = next(order.shipping_address for order in load_northwind().orders if order.id == 10250)
    assert address == {
        "name": "Hanari Carnes",
        "line1": "Rua do Paço, 67",
        "city": "Rio de Janeiro",
        "region": "RJ",
        "postal_code": "05454-876",
        "country": "BR",
    }
