"""Rows of a shop after years, which SQL generates.

They serve to measure costs that grow with the number of rows.
"""

from dataclasses import dataclass
from pathlib import Path
from string import Template
from uuid import UUID

import asyncpg

ORDERS_PER_CUSTOMER = 100
ORDERS_PER_PRODUCT = 10
LINES = 2

_KINDS = {"order": 0xA0, "product": 0xB0, "customer": 0xC0}


@dataclass(frozen=True, slots=True)
class Rows:
    """The size of a shop, given by its number of orders. Other rows are in proportion."""

    orders: int

    @property
    def customers(self) -> int:
        return max(1, self.orders // ORDERS_PER_CUSTOMER)

    @property
    def products(self) -> int:
        return max(1, self.orders // ORDERS_PER_PRODUCT)

    @property
    def total(self) -> int:
        """The number of all rows.

        These are customers; products, stocks and ledger; orders with lines, history, event and key.
        """
        return self.customers + 3 * self.products + (4 + 2 * LINES) * self.orders


def made_id(kind: str, number: int) -> UUID:
    """Return the id of a generated order, product or customer.

    Ids are numbered from 1; the newest order is last.
    """
    return UUID(int=(_KINDS[kind] << 96) | (0x7000 << 64) | (0x8000 << 48) | number)


async def make_rows(connection: asyncpg.Connection, rows: Rows, *, portion: int = 250_000) -> None:
    """Fill an empty schema and analyze it.

    Indexes are created after the rows, which is much faster. Foreign keys are dropped: no plan depends
    on them. The ledger is long, but not consistent.
    """
    numbers = {"orders": rows.orders, "customers": rows.customers, "products": rows.products, "lines": LINES}
    await connection.execute(_text("before"))
    await connection.execute(Template(_text("shelves")).substitute(numbers))
    orders = Template(_text("orders"))
    for first in range(1, rows.orders + 1, portion):
        last = min(first + portion - 1, rows.orders)
        await connection.execute(orders.substitute(numbers, first=first, last=last))
    await connection.execute(_text("after"))
    await connection.execute("VACUUM ANALYZE")


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text()
