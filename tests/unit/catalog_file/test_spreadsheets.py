"""Files as spreadsheets and shop systems write them.

Each file is either read, or rejected with the line and the reason.
"""

import shutil
from pathlib import Path

import pytest

from domain.shared.money import Money
from entrypoints.catalog_file.reading import read_catalog
from tests.unit.catalog_file.conftest import Complain, Read

HEADER = "sku,name,price_amount,price_currency\n"
TWO = [("A", "Größe", Money(1999, "EUR")), ("B", "Two\nlines", Money(5, "EUR"))]
CSV = 'sku,name,price_amount,price_currency\nA,Größe,1999,EUR\nB,"Two\nlines",5,EUR\n'


def summary(rows: list) -> list[tuple[object, ...]]:  # type: ignore[type-arg] # a list of rows
    return [(row.sku, row.changes.name, row.changes.price) for row in rows]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + CSV.encode(), id="UTF-8 with BOM"),
        pytest.param(CSV.replace(",", ";").encode(), id="semicolons"),
        pytest.param(CSV.replace(",", "\t").encode(), id="tabs"),
        pytest.param(CSV.replace("\n", "\r", 1).replace("EUR\n", "EUR\r").encode(), id="CR"),
        pytest.param(CSV.replace("EUR\n", "EUR\r\n").encode(), id="CR LF"),
        pytest.param(
            CSV.upper().replace("GRÖSSE", "Größe").replace("TWO\nLINES", "Two\nlines").encode(), id="capitals"
        ),
        pytest.param((CSV + ",,,\n,,,\n\n").encode(), id="empty rows at the end"),
        pytest.param(
            CSV.replace("currency\n", "currency,,\n").replace("EUR\n", "EUR,,\n").encode(),
            id="empty columns at the end",
        ),
        pytest.param(CSV.replace("sku", '"Sku"').encode(), id="quoted name of a column"),
    ],
)
def test_csv_file_with_spreadsheet_conventions_is_read(read_csv: Read, content: bytes) -> None:
    assert summary(read_csv(content)) == TWO


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_file_with_a_specified_encoding_is_read(read_csv: Read, encoding: str) -> None:
    assert summary(read_csv(CSV.encode(encoding), encoding=encoding)) == TWO


def test_file_with_an_upper_case_suffix_is_read(read_csv: Read, tmp_path: Path) -> None:
    read_csv(CSV)
    shutil.copy(tmp_path / "products.csv", tmp_path / "PRODUCTS.CSV")
    assert summary(read_catalog(tmp_path / "PRODUCTS.CSV", progress=lambda _: None)) == TWO


def test_ndjson_file_with_cr_line_breaks_is_read(read_ndjson: Read) -> None:
    assert [row.line for row in read_ndjson('{"sku": "A"}\r\r{"sku": "B"}\r')] == [1, 3]


def test_case_of_attribute_names_in_a_csv_header_is_preserved(read_csv: Read) -> None:
    [row] = read_csv("SKU,ATTRIBUTES.Colour\nA,red\n")
    assert row.changes.attributes == {"Colour": "red"}


@pytest.mark.parametrize(
    ("price", "currency", "comma", "amount"),
    [
        ("19.99", "EUR", False, 1999),
        ("0.05", "EUR", False, 5),
        ("1,999.00", "EUR", False, 199900),
        ("1 234 567.89", "EUR", False, 123456789),
        ("1'999.00", "CHF", False, 199900),
        ("1\u202f999,00", "EUR", True, 199900),
        ("19,99", "EUR", True, 1999),
        ("1.999,00", "EUR", True, 199900),
        ("1.999", "KWD", False, 1999),
    ],
)
def test_decimal_price_is_converted_to_minor_units(
    read_csv: Read, price: str, currency: str, comma: bool, amount: int
) -> None:
    [row] = read_csv(f'sku,price_amount,price_currency\nA,"{price}",{currency}\n', decimal_comma=comma)
    assert row.changes.price == Money(amount, currency)


@pytest.mark.parametrize(
    ("price", "currency", "comma", "reason"),
    [
        ("19.9", "EUR", False, "line 3: The price has 1 decimals, and EUR has 2."),
        ("1.999", "EUR", False, "line 3: The price has 3 decimals, and EUR has 2."),
        ("1.50", "JPY", False, "line 3: The price has 2 decimals, and JPY has 0."),
        (
            "20",
            "EUR",
            False,
            "line 3: The price has no decimals, but others in the file do. Write 2 decimals.",
        ),
        (
            "20",
            "EUR",
            True,
            "line 3: The price has no decimals, but others in the file do. Write 2 decimals.",
        ),
        ("19,99", "EUR", False, "line 3, price_amount: Send a whole number, without quotes or a fraction."),
        (
            "12,34.00",
            "EUR",
            False,
            "line 3, price_amount: Send a whole number, without quotes or a fraction.",
        ),
        ("1,999", "EUR", False, "line 3, price_amount: Send a whole number, without quotes or a fraction."),
        ("19.99 €", "EUR", False, "line 3, price_amount: Send a whole number, without quotes or a fraction."),
        ("-1.00", "EUR", False, "line 3, price_amount: Send a whole number, without quotes or a fraction."),
    ],
)
def test_ambiguous_price_is_rejected(
    complaints_about_csv: Complain, price: str, currency: str, comma: bool, reason: str
) -> None:
    clear = "1,00" if comma else "1.00"
    content = f'sku,price_amount,price_currency\nA,"{clear}",EUR\nB,"{price}",{currency}\n'
    assert complaints_about_csv(content, decimal_comma=comma) == [reason]


def test_prices_are_read_as_minor_units_if_no_price_has_decimals(read_csv: Read) -> None:
    content = "sku;price_amount;price_currency\nA;1999;EUR\nB;20;JPY\n"
    assert [row.changes.price for row in read_csv(content, decimal_comma=True)] == [
        Money(1999, "EUR"),
        Money(20, "JPY"),
    ]


def test_whole_yen_price_is_accepted_in_a_file_with_decimal_prices(read_csv: Read) -> None:
    rows = read_csv("sku,price_amount,price_currency\nA,19.99,EUR\nB,20,JPY\n")
    assert rows[1].changes.price == Money(20, "JPY")
