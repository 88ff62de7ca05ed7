"""Northwind's data from the files, and sums over this data.

This module does not use the service, because results of the service are compared with this data.
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NORTHWIND = Path(__file__).parent / "northwind"
PRODUCTS_FILE = NORTHWIND / "products.csv"
CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class NorthwindProduct:
    """A product. `price` is in US cents; `stock` is the number of units before the first order."""

    sku: str
    price: int
    stock: int


@dataclass(frozen=True, slots=True)
class NorthwindCustomer:
    id: str
    email: str
    full_name: str


@dataclass(frozen=True, slots=True)
class NorthwindOrder:
    id: int
    customer_id: str
    ordered_on: str
    quantities: Mapping[str, int]
    """Quantities by SKU, in the sequence of the lines."""
    shipping_address: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Northwind:
    products: Mapping[str, NorthwindProduct]
    customers: Sequence[NorthwindCustomer]
    orders: Sequence[NorthwindOrder]

    def total(self, order: NorthwindOrder) -> int:
        """Return the order's total in US cents."""
        return sum(self.products[sku].price * quantity for sku, quantity in order.quantities.items())

    def first(self, orders: int) -> "Northwind":
        """Return the first orders, the customers of these orders, and all products."""
        chosen = self.orders[:orders]
        customer_ids = {order.customer_id for order in chosen}
        customers = [customer for customer in self.customers if customer.id in customer_ids]
        return Northwind(self.products, customers, chosen)

    def units_ordered(self) -> Mapping[str, int]:
        """Return the number of units of each product in all orders, by SKU."""
        units: Counter[str] = Counter()
        for order in self.orders:
            units.update(order.quantities)
        return units


def load_northwind() -> Northwind:
    with PRODUCTS_FILE.open(encoding="utf-8", newline="") as file:
        products = {
            row["sku"]: NorthwindProduct(row["sku"], int(row["price_amount"]), int(row["initial_stock"]))
            for row in csv.DictReader(file)
        }
    return Northwind(
        products=products,
        customers=[
            NorthwindCustomer(row["id"], row["email"], row["full_name"])
            for row in _objects(NORTHWIND / "customers.ndjson")
        ],
        orders=[
            NorthwindOrder(
                id=row["id"],
                customer_id=row["customer"],
                ordered_on=row["ordered_on"],
                quantities={line["sku"]: line["quantity"] for line in row["lines"]},
                shipping_address=row["shipping_address"],
            )
            for row in _objects(NORTHWIND / "orders.ndjson")
        ],
    )


def _objects(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
