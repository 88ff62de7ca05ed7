"""Writing of catalog files in the format of the import.

If a written file is imported without edits, no product changes.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import TextIO

from application.catalog.views import ProductView
from domain.catalog.product import ProductDetails
from domain.shared.money import Money
from entrypoints.catalog_file.csv_rows import ATTRIBUTE

MAX_ATTRIBUTE_COLUMNS = 1000


class NotCsv(Exception):
    """CSV cannot represent the products. The message is a sentence for the user of the command."""


class NdjsonWriter:
    """A writer of NDJSON: one JSON object per line."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, product: ProductView) -> None:
        row = {
            name: {"amount": value.amount, "currency": value.currency} if isinstance(value, Money) else value
            for name, value in _fields(product)
        }
        self._target.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


class CsvWriter:
    """A writer of CSV (RFC 4180): one row per product, and a column for each attribute."""

    def __init__(self, target: TextIO, attributes: Iterable[str]) -> None:
        """Write the header."""
        self._writer = csv.writer(target)
        self._attributes = dict.fromkeys(f"{ATTRIBUTE}{name}" for name in attributes)
        details = [name for field in fields(ProductDetails) for name in _columns(field.name)]
        self._writer.writerow(["sku", *details, "status", *self._attributes])

    def write(self, product: ProductView) -> None:
        """Write a product. Raises NotCsv for an attribute without a column or with an empty value."""
        cells: list[object] = []
        for name, value in _fields(product):
            if isinstance(value, Money):
                cells += [value.amount, value.currency]
            elif name != "attributes":
                cells.append(value)
        attributes = {f"{ATTRIBUTE}{name}": value for name, value in product.attributes.items()}
        if attributes.keys() - self._attributes.keys():
            raise NotCsv("Attributes were added while the export ran. Export again.")
        if "" in attributes.values():
            raise NotCsv(
                f"An attribute of {product.sku} is an empty text, which CSV cannot tell from a missing one. "
                "Export NDJSON."
            )
        self._writer.writerow([*cells, *(attributes.get(column) for column in self._attributes)])


class AttributeNames:
    """The names of all attributes, in the sequence in which the names first appear."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def add(self, product: ProductView) -> None:
        """Add the names of a product's attributes. Raises NotCsv if there are too many attributes."""
        self._names |= dict.fromkeys(product.attributes)
        if len(self._names) > MAX_ATTRIBUTE_COLUMNS:
            raise NotCsv(
                f"The products have more than {MAX_ATTRIBUTE_COLUMNS} different attributes. Export NDJSON."
            )


def _fields(product: ProductView) -> Iterator[tuple[str, object]]:
    """Yield the names and values of the product's fields. The names are those of an import file."""
    yield "sku", product.sku
    for field in fields(ProductDetails):
        yield field.name, getattr(product, field.name)
    yield "status", product.status.value


def _columns(field: str) -> list[str]:
    match field:
        case "price":
            return ["price_amount", "price_currency"]
        case "attributes":
            return []
        case _:
            return [field]
