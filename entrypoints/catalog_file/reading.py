"""Read a catalog file. All rows are validated before the first row is imported."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from application.catalog.plan_import import CatalogRow
from domain.shared.errors import DomainError, Violation
from entrypoints.catalog_file.complaints import BadFile, BadRow, BadRows, Complaint
from entrypoints.catalog_file.csv_rows import CsvRows
from entrypoints.catalog_file.ndjson_rows import NdjsonRows
from entrypoints.catalog_file.rows import BadFields, row_from

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 100_000
"""The maximum size of a file.

The size is limited, because all rows are in memory while they are imported in one transaction.
"""

FORMATS: Mapping[str, type[CsvRows | NdjsonRows]] = {".csv": CsvRows, ".ndjson": NdjsonRows}
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")


def read_catalog(
    path: Path,
    *,
    progress: Callable[[int], None],
    encoding: str = "utf-8",
    decimal_comma: bool = False,
) -> list[CatalogRow]:
    """Return the rows of a file. The suffix of the file's name determines the format.

    `progress` is called for each row, with the number of the row's first line. Set `decimal_comma` if a CSV file has
    prices such as 1.999,00. Raises BadFile, BadRows.
    """
    text = _text_of(path, encoding)
    rows = CsvRows(text, decimal_comma) if format_of(path) is CsvRows else NdjsonRows(text)
    read: list[CatalogRow] = []
    complaints: list[Complaint] = []
    lines: dict[str, int] = {}
    for count, (line, row) in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise BadFile(f"It has more than {MAX_ROWS} rows. Import it in parts.")
        progress(line)
        try:
            product = _checked(line, row)
        except BadRow as bad:
            complaints.append(Complaint(line, None, str(bad)))
        except BadFields as bad:
            complaints += [complaint_about(path, line, violation) for violation in bad.violations]
        except DomainError as error:
            complaints.append(Complaint(line, None, error.detail))
        else:
            first = lines.setdefault(product.sku, line)
            if first != line:
                complaints.append(Complaint(line, "sku", f"Line {first} has the same SKU."))
            read.append(product)
    if complaints:
        raise BadRows(complaints)
    if not read:
        raise BadFile("It has no products.")
    return read


def complaint_about(path: Path, line: int, violation: Violation) -> Complaint:
    """Return a complaint about the row at `line`. The field is named as in the file's format."""
    field = format_of(path).field(violation.path)
    return Complaint(line, field or None, violation.detail)


def format_of(path: Path) -> type[CsvRows | NdjsonRows]:
    return FORMATS[path.suffix.lower()]


def _text_of(path: Path, encoding: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadFile(f"It cannot be read: {error.strerror}.") from None
    if len(content) > MAX_BYTES:
        raise BadFile(f"It is larger than {MAX_BYTES // 1024 // 1024} MiB. Import it in parts.")
    try:
        return content.decode(encoding).removeprefix(
            "\ufeff"
        )  # spreadsheet programs write a byte order mark at the start of a file
    except UnicodeDecodeError as error:
        line = len(_LINE_BREAK.findall(content, 0, error.start)) + 1
        raise BadFile(
            f"Line {line} is not {encoding.upper()}. Save the file as UTF-8, or name its encoding, such as cp1252."
        ) from None


def _checked(line: int, row: object) -> CatalogRow:
    if isinstance(row, BadRow):
        raise row
    return row_from(line, row)
