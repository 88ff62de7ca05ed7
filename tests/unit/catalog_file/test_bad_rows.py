"""Every kind of bad row is rejected. The error states the row's position, but does not quote the row's content."""

import json

import pytest

from tests.unit.catalog_file.conftest import Complain

GOOD = {"sku": "A", "name": "B", "price": {"amount": 1, "currency": "EUR"}}
WHOLE_NUMBER = "Send a whole number, without quotes or a fraction."


def csv_with(column: str, cell: str) -> str:
    row = {"sku": "A", "name": "B", "price_amount": "1", "price_currency": "EUR"} | {column: cell}
    return f"{';'.join(row)}\n{';'.join(row.values())}\n"


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("sku", "", "This is required."),
        ("sku", "bad sku canary", "This does not have the form that is asked for."),
        ("name", "canary" * 40, "The greatest length is 200."),
        ("name", "canary\0", "This does not have the form that is asked for."),
        ("description", "canary" * 1000, "The greatest length is 5000."),
        ("price_amount", "1,999", WHOLE_NUMBER),
        ("price_amount", "NaN", WHOLE_NUMBER),
        ("price_amount", "Infinity", WHOLE_NUMBER),
        ("price_amount", "1e400", WHOLE_NUMBER),
        ("price_amount", "1E+200000", WHOLE_NUMBER),
        ("price_amount", "٣", WHOLE_NUMBER),
        ("price_amount", "9" * 5000, WHOLE_NUMBER),
        ("price_amount", "9" * 17, "Send a number not greater than 9007199254740991."),
        ("price_amount", "-1", "Send a number not less than 0."),
        ("price_currency", "euro", None),
        ("price_currency", "QQQ", None),
        ("max_per_order", "0", "Send a number not less than 1."),
        ("initial_stock", "-5", "Send a number not less than 0."),
        ("initial_stock", "1000000001", "Send a number not greater than 1000000000."),
        ("attributes.colour", "canary" * 100, None),
    ],
)
def test_invalid_csv_cell_is_reported_with_the_column(
    complaints_about_csv: Complain, column: str, cell: str, reason: str | None
) -> None:
    (complaint,) = complaints_about_csv(csv_with(column, cell))
    place, message = complaint.split(": ", maxsplit=1)
    assert place == f"line 2, {column.partition('.')[0]}"
    assert message == reason or reason is None
    assert "canary" not in message


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,B,1", "line 2: There are 3 cells, and 4 columns."),
        ("A,B,1,EUR,canary", "line 2: There are 5 cells, and 4 columns."),
        ('A,"canary,1,EUR', "line 2: This is not CSV: unexpected end of data. What follows was not read."),
        ('A,"B"canary,1,EUR', "line 2: This is not CSV: ',' expected after '\"'. What follows was not read."),
    ],
)
def test_csv_row_with_a_wrong_number_of_cells_is_reported(
    complaints_about_csv: Complain, row: str, reason: str
) -> None:
    assert complaints_about_csv(f"sku,name,price_amount,price_currency\n{row}\n") == [reason]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("canary", "line 1"),
        ('["canary"]', "line 1"),
        ('{"sku": "A", "sku": "canary"}', "line 1"),
        ('{"sku": NaN}', "line 1"),
        ('{"sku": -Infinity}', "line 1"),
        ('{"sku": 1e400}', "line 1"),
        ('{"sku": ' + "9" * 400 + "}", "line 1"),
        ('{"sku": "canary\\ud800"}', "line 1"),
        ('{"sku": "canary\\u0000"}', "line 1"),
        ("[" * 100_000, "line 1"),
        (json.dumps(GOOD | {"misspelled": "canary"}), "line 1"),
        (json.dumps(GOOD | {"price": {"amount": True, "currency": "EUR"}}), "line 1, price.amount"),
        (json.dumps(GOOD | {"price": {"amount": 1.5, "currency": "EUR"}}), "line 1, price.amount"),
        (json.dumps(GOOD | {"price": "canary"}), "line 1, price"),
        (json.dumps(GOOD | {"initial_stock": "5"}), "line 1, initial_stock"),
        (json.dumps(GOOD | {"attributes": {"canary": 5}}), "line 1, attributes"),
        (json.dumps(GOOD | {"attributes": {"canary" * 20: "x"}}), "line 1, attributes"),
    ],
)
def test_invalid_ndjson_object_is_reported_with_the_line_number(
    complaints_about_ndjson: Complain, line: str, place: str
) -> None:
    (complaint,) = complaints_about_ndjson(line + "\n")
    assert complaint.startswith(f"{place}: ")
    assert "canary" not in complaint


def test_ndjson_syntax_error_is_reported_with_its_column(complaints_about_ndjson: Complain) -> None:
    assert complaints_about_ndjson(f'{json.dumps(GOOD)}\n\n{{"sku" 1}}\n') == [
        "line 3: This is not JSON: there is a mistake at column 8."
    ]


def test_every_violation_in_a_row_of_a_file_is_reported(complaints_about_ndjson: Complain) -> None:
    assert complaints_about_ndjson('{"sku": "", "name": null, "price": {}}\n') == [
        "line 1, name: This is required.",
        "line 1, sku: This does not have the form that is asked for.",
        "line 1, price.amount: This is required.",
        "line 1, price.currency: This is required.",
    ]
