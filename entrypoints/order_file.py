"""Export files of orders, for accounting and analysis."""

import csv
from dataclasses import fields
from datetime import UTC, datetime
from typing import TextIO

from application.orders.views import OrderView
from domain.orders.address import Address
from entrypoints.http.representation.serialization import serialize

_ORDER = (
    "number",
    "id",
    "status",
    "payment_status",
    "fulfillment_status",
    "placed_at",
    "updated_at",
    "customer_id",
    "currency",
)
_MONEY = ("total", "payable_total", "paid_total", "refunded_total")
_LINE = ("product_id", "sku", "name", "quantity", "cancelled", "fulfilled", "returned", "refunded")
_ADDRESS = tuple(field.name for field in fields(Address))


class OrderNdjsonWriter:
    """A writer of NDJSON: one JSON object per order, as the API shows the order to staff."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, order: OrderView) -> None:
        self._target.write(serialize(order).decode() + "\n")


class OrderCsvWriter:
    """A writer of CSV (RFC 4180) with one row per order line. Each row also has the order's columns.

    Money is in minor units.
    """

    def __init__(self, target: TextIO) -> None:
        """Write the header."""
        self._writer = csv.writer(target)
        self._writer.writerow(
            [
                *_ORDER,
                *_MONEY,
                *(f"line_{name}" for name in (*_LINE, "unit_price", "total")),
                *(f"address_{name}" for name in _ADDRESS),
                "note",
                "guest_email",
            ]
        )

    def write(self, order: OrderView) -> None:
        totals = [getattr(order, name) for name in _MONEY]
        head = [
            *(_cell(getattr(order, name)) for name in _ORDER),
            *(None if total is None else total.amount for total in totals),
        ]
        address = order.shipping_address
        tail = [
            *(getattr(address, name) if address else None for name in _ADDRESS),
            order.note,
            order.guest and order.guest.email,
        ]
        for line in order.lines:
            amounts = (line.unit_price.amount, line.line_total.amount)
            self._writer.writerow([*head, *(getattr(line, name) for name in _LINE), *amounts, *tail])


def _cell(value: object) -> object:
    """Format a value as in JSON. Timestamps have the format of RFC 3339, in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
