"""Readable descriptions of the changes that an import would make."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields

from application.catalog.plan_import import PlannedRow, ProductValues
from domain.catalog.product import ProductDetails
from domain.shared.money import Money

MAX_VALUE = 60
"""The maximum length of a value in a description, in characters."""


def describe(planned: PlannedRow) -> str:
    """Describe the change that a row makes: `change MUG: price 19.99 EUR -> 17.50 EUR`."""
    if planned.before is None:
        return f"create {planned.row.sku}"
    return f"change {planned.row.sku}: {', '.join(_differences(planned.before, planned.after))}"


def _differences(before: ProductValues, after: ProductValues) -> Iterator[str]:
    for field in fields(ProductDetails):
        old, new = getattr(before.details, field.name), getattr(after.details, field.name)
        if old != new:
            yield f"{field.name} {_shown(old)} -> {_shown(new)}"
    if before.status is not after.status:
        yield f"status {before.status} -> {after.status}"


def _shown(value: str | int | Money | Mapping[str, str] | None) -> str:
    """Format a value on one line, without terminal control characters."""
    text = str(value) if isinstance(value, Money) else json.dumps(value, ensure_ascii=False)
    printable = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return printable if len(printable) <= MAX_VALUE else f"{printable[: MAX_VALUE - 1]}…"
