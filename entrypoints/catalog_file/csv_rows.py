"""Rows of a CSV file (RFC 4180), as the fields of `POST /v1/products` that they stand for."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entrypoints.catalog_file.complaints import BadFile, BadRow

REQUIRED = ("sku", "name", "price_amount", "price_currency")
OPTIONAL = ("description", "max_per_order", "initial_stock")
ATTRIBUTE = "attributes."
"""Begins the name of a column of attributes: `attributes.colour` has each product's colour, or nothing."""
PRICE = "price_"
"""Begins the names of the two columns of the price."""

_INTEGERS = {"price_amount", "max_per_order", "initial_stock"}
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

    def field(self, pointer: str) -> str:
        """Return the column of a JSON Pointer into a row."""
        return pointer.removeprefix("/").replace("/", "_")


def _checked(header: Sequence[str]) -> Sequence[str]:
    known = f"The columns are {', '.join(REQUIRED + OPTIONAL)} and attributes.NAME, separated by commas."
    for position, column in enumerate(header, start=1):
        if column not in REQUIRED + OPTIONAL and not (
            column.startswith(ATTRIBUTE) and column.removeprefix(ATTRIBUTE)
        ):
            raise BadFile(f"Column no. {position} of the first line is not known. {known}")
        if column in header[: position - 1]:
            raise BadFile(f"Column no. {position} of the first line is there twice.")
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise BadFile(f"The first line has no column {missing[0]}. {known}")
    return header


def _row(header: Sequence[str], cells: Sequence[str]) -> dict[str, object] | BadRow:
    if len(cells) != len(header):
        return BadRow(f"There are {len(cells)} cells, and {len(header)} columns.")
    fields: dict[str, object] = {}
    price: dict[str, object] = {}
    attributes: dict[str, str] = {}
    for column, cell in zip(header, cells, strict=True):
        if not cell:
            continue
        if column.startswith(ATTRIBUTE):
            attributes[column.removeprefix(ATTRIBUTE)] = cell
        elif column.startswith(PRICE):
            price[column.removeprefix(PRICE)] = _value(column, cell)
        else:
            fields[column] = _value(column, cell)
    return fields | {"price": price, "attributes": attributes}


def _value(column: str, cell: str) -> object:
    """Return the cell's integer where one belongs and is; the schema refuses anything else there."""
    return int(cell) if column in _INTEGERS and _INTEGER.fullmatch(cell) else cell
