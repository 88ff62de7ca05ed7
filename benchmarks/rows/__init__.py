"""Many rows, made by SQL: what a shop has after years, for what grows with the number of rows."""

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
    """A shop with this many orders, and all else in proportion."""

    orders: int

    @property
    def customers(self) -> int:
        return max(1, self.orders // ORDERS_PER_CUSTOMER)

    @property
    def products(self) -> int:
        return max(1, self.orders // ORDERS_PER_PRODUCT)

    @property
    def total(self) -> int:
        """All rows: customers; products, stocks, ledger; orders with lines, history, event and key."""
        return self.customers + 3 * self.products + (4 + 2 * LINES) * self.orders


def made_id(kind: str, number: int) -> UUID:
    """Return the id of a made order, product or customer; they are counted from 1, the newest order last."""
    return UUID(int=(_KINDS[kind] << 96) | (0x7000 << 64) | (0x8000 << 48) | number)


async def make_rows(connection: asyncpg.Connection, rows: Rows, *, portion: int = 250_000) -> None:
    """Fill an empty schema, and analyse it.

    Indexes are made after the rows, which takes a fraction of the time. Foreign keys do not come back: no plan depends
    on them. The ledger is made to be long, not to be right.
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
