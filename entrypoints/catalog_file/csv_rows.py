"""Parsing of CSV files (RFC 4180): each row becomes the fields of a product."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from entrypoints.catalog_file.complaints import BadFile, BadRow
from entrypoints.catalog_file.decimal_prices import has_decimals, minor_units
from entrypoints.catalog_file.rows import INTEGERS, TEXTS

PRICE = ("price_amount", "price_currency")
COLUMNS = (*TEXTS, *PRICE, *INTEGERS, "status")
ATTRIBUTE = "attributes."
"""The prefix of the names of attribute columns.

A cell in the column `attributes.color` contains the color of the product, or is empty.
"""
_DELIMITERS = (",", ";", "\t")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows of a file's text, each with the number of the row's first line.

    Empty rows are skipped.
    """

    text: str
    decimal_comma: bool = False

    def __iter__(self) -> Iterator[tuple[int, dict[str, object] | BadRow]]:
        """Parse the header, then yield the rows. Raises BadFile for an invalid header."""
        records = self._records()
        _, first = next(records, (1, []))
        if isinstance(first, BadRow):
            raise BadFile(str(first))
        header = _header(first)
        decimal = self._has_decimal_prices(header)
        for line, cells in records:
            yield line, cells if isinstance(cells, BadRow) else self._row(header, cells, decimal=decimal)

    @staticmethod
    def field(path: Sequence[str | int]) -> str:
        """Return the name of the column for the field at `path`.

        For example, the amount of the price is in the column `price_amount`.
        """
        return "_".join(map(str, path))

    def _records(self) -> Iterator[tuple[int, list[str] | BadRow]]:
        """Yield each non-empty record as a pair: the number of the record's first line, and the cells."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self._delimiter(), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:  # error messages of `csv` never quote the file
                yield line, BadRow(f"This is not CSV: {error}. What follows was not read.")
                return
            if any(cell.strip() for cell in cells):
                yield line, cells

    def _delimiter(self) -> str:
        """Find the delimiter with which the first line has a column `sku`."""
        first = self.text.lstrip("\r\n").partition("\n")[0].partition("\r")[0]
        for delimiter in _DELIMITERS:
            names = first.split(delimiter)
            if any(name.strip(' "').lower() == "sku" for name in names):
                return delimiter
        return _DELIMITERS[0]

    def _has_decimal_prices(self, header: Sequence[str]) -> bool:
        if PRICE[0] not in header:
            return False
        column = header.index(PRICE[0])
        return any(
            not isinstance(cells, BadRow)
            and len(cells) > column
            and has_decimals(cells[column], comma=self.decimal_comma)
            for _, cells in self._records()
        )

    def _row(
        self, header: Sequence[str], cells: Sequence[str], *, decimal: bool
    ) -> dict[str, object] | BadRow:
        if len(cells) < len(header) or any(cells[len(header) :]):
            return BadRow(f"There are {len(cells)} cells, and {len(header)} columns.")
        named = dict(zip(header, cells, strict=False))
        fields: dict[str, object] = {}
        attributes: dict[str, object] = {}
        for column, cell in named.items():
            if column.startswith(ATTRIBUTE):
                attributes[column.removeprefix(ATTRIBUTE)] = cell or None
            elif column not in PRICE:
                fields[column] = _integer(cell) if column in INTEGERS else cell or None
        if attributes:
            fields["attributes"] = attributes
        if PRICE[0] in header:
            try:
                fields["price"] = self._price(named, decimal=decimal)
            except BadRow as bad:
                return bad
        return fields

    def _price(self, cells: Mapping[str, str], *, decimal: bool) -> dict[str, object] | None:
        """Return the price, or None if the cells of the amount and the currency are empty.

        Raises BadRow for an ambiguous amount.
        """
        amount, currency = (cells[column] for column in PRICE)
        if not amount and not currency:
            return None
        units = minor_units(amount, currency, comma=self.decimal_comma) if decimal else _integer(amount)
        given = {"amount": units, "currency": currency or None}
        return {name: value for name, value in given.items() if value is not None}


def _header(cells: Sequence[str]) -> Sequence[str]:
    """Return the names of the columns, in lower case except for the names of attributes."""
    known = (
        f"The columns are {', '.join(COLUMNS)} and attributes.NAME, separated by commas, semicolons or tabs."
    )
    header: list[str] = []
    for position, cell in enumerate(cells, start=1):
        column = cell.strip().lower()
        if column.startswith(ATTRIBUTE):
            column = ATTRIBUTE + cell.lstrip()[len(ATTRIBUTE) :]
        if column == ATTRIBUTE or (column not in COLUMNS and not column.startswith(ATTRIBUTE)):
            if not any(map(str.strip, cells[position - 1 :])):
                break
            raise BadFile(f"Column no. {position} of the first line is not known. {known}")
        if column in header:
            raise BadFile(f"Column no. {position} of the first line is there twice.")
        header.append(column)
    needed = ["sku", *(PRICE if any(column in header for column in PRICE) else ())]
    for column in needed:
        if header and column not in header:
            raise BadFile(f"The first line has no column {column}. {known}")
    return header


def _integer(cell: str) -> object:
    """Convert a cell of digits to an integer, and an empty cell to None.

    Any other cell is returned unchanged, and `row_from` rejects the cell later.
    """
    if not cell:
        return None
    return int(cell) if _INTEGER.fullmatch(cell) else cell
