"""Rows of a CSV file (RFC 4180), as the fields of `POST /v1/products` that they stand for."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entrypoints.catalog_file.complaints import BadFile, BadRow
from entrypoints.catalog_file.rows import INTEGERS, TEXTS

_PRICE = ("price_amount", "price_currency")
_COLUMNS = (*TEXTS, *_PRICE, *INTEGERS, "status")
ATTRIBUTE = "attributes."
"""Begins the name of a column of attributes: `attributes.colour` has the colour of each product, or is empty."""

_INTEGERS = {"price_amount", *INTEGERS}
_INTEGER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows of a file's text, each with the line that it begins at."""

    text: str

    def __iter__(self) -> Iterator[tuple[int, dict[str, object] | BadRow]]:
        """Raise BadFile where the header is wrong."""
        reader = csv.reader(io.StringIO(self.text, newline=""), strict=True)
        header: Sequence[str] | None = None
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:  # whose messages are about quotes and lengths, without content
                yield line, BadRow(f"This is not CSV: {error}. What follows was not read.")
                return
            if header is None:
                header = _checked(cells)
            elif cells:
                yield line, _row(header, cells)

    @staticmethod
    def field(path: Sequence[str | int]) -> str:
        """Return the column of a path into a row: `price_amount` for the amount of the price."""
        return "_".join(map(str, path))


def _checked(header: Sequence[str]) -> Sequence[str]:
    known = f"The columns are {', '.join(_COLUMNS)} and attributes.NAME, separated by commas."
    for position, column in enumerate(header, start=1):
        if column not in _COLUMNS and not (column.startswith(ATTRIBUTE) and column.removeprefix(ATTRIBUTE)):
            raise BadFile(f"Column no. {position} of the first line is not known. {known}")
        if column in header[: position - 1]:
            raise BadFile(f"Column no. {position} of the first line is there twice.")
    needed = ["sku", *(_PRICE if any(column in header for column in _PRICE) else ())]
    missing = [column for column in needed if column not in header]
    if missing:
        raise BadFile(f"The first line has no column {missing[0]}. {known}")
    return header


def _row(header: Sequence[str], cells: Sequence[str]) -> dict[str, object] | BadRow:
    if len(cells) != len(header):
        return BadRow(f"There are {len(cells)} cells, and {len(header)} columns.")
    fields: dict[str, object] = {}
    price: dict[str, object] = {}
    attributes: dict[str, object] = {}
    for column, cell in zip(header, cells, strict=True):
        value = _value(column, cell)
        if column.startswith(ATTRIBUTE):
            attributes[column.removeprefix(ATTRIBUTE)] = value
        elif column in _PRICE:
            price |= {} if value is None else {column.removeprefix("price_"): value}
            fields["price"] = price or None
        else:
            fields[column] = value
    return fields | ({"attributes": attributes} if attributes else {})


def _value(column: str, cell: str) -> object:
    """Return None for an empty cell, and an integer where the column has integers; `row_from` rejects other values."""
    if not cell:
        return None
    return int(cell) if column in _INTEGERS and _INTEGER.fullmatch(cell) else cell
