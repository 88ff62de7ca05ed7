from pathlib import Path

import pytest

from application.catalog.plan_import import CatalogRow
from domain.catalog.product import ProductChanges, ProductStatus
from domain.shared.money import Money
from entrypoints.catalog_file import reading
from entrypoints.catalog_file.complaints import BadFile
from entrypoints.catalog_file.reading import read_catalog
from tests.unit.catalog_file.conftest import Complain, Read

HEADER = "sku,name,price_amount,price_currency\n"


def test_csv_file_and_ndjson_file_with_equal_content_give_equal_rows(
    read_csv: Read, read_ndjson: Read
) -> None:
    csv = 'sku,name,max_per_order,price_amount,price_currency,attributes.colour\nMUG,"Mug, großer",10,1999,EUR,red\n'
    ndjson = (
        '\n{"sku":"MUG","name":"Mug, großer","max_per_order":10,'
        '"price":{"amount":1999,"currency":"EUR"},"attributes":{"colour":"red"}}\n'
    )
    changes = ProductChanges(
        name="Mug, großer", price=Money(1999, "EUR"), attributes={"colour": "red"}, max_per_order=10
    )
    assert read_csv(csv) == read_ndjson(ndjson) == [CatalogRow(line=2, sku="MUG", changes=changes)]


def test_absent_column_or_field_means_no_change(read_csv: Read, read_ndjson: Read) -> None:
    row = CatalogRow(line=2, sku="A", changes=ProductChanges())
    assert read_csv("sku\nA\n") == read_ndjson('\n{"sku": "A"}\n') == [row]


def test_empty_csv_cell_or_json_null_is_read_as_a_cleared_field(read_csv: Read, read_ndjson: Read) -> None:
    changes = ProductChanges(description=None, attributes={"size": None}, max_per_order=None)
    assert (
        read_csv("sku,description,max_per_order,initial_stock,attributes.size\nA,,,,\n")
        == read_ndjson(
            '\n{"sku":"A","description":null,"max_per_order":null,"initial_stock":null,"attributes":{"size":null}}\n'
        )
        == [CatalogRow(line=2, sku="A", changes=changes)]
    )


def test_attributes_with_the_value_null_are_read_as_cleared(read_ndjson: Read) -> None:
    [row] = read_ndjson('{"sku": "A", "attributes": null}')
    assert row.changes == ProductChanges(attributes=None)


def test_product_status_in_a_file_row_is_read(read_csv: Read) -> None:
    [row] = read_csv("sku,status\nA,archived\n")
    assert row.changes == ProductChanges(status=ProductStatus.ARCHIVED)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            b"\xef\xbb\xbf" + HEADER.encode() + b"A,B,1,EUR", id="a byte order mark, no last line break"
        ),
        pytest.param(
            HEADER.replace("\n", "\r\n") + "A,B,1,EUR\r\n\r\n", id="Windows line breaks, an empty line"
        ),
    ],
)
def test_csv_file_saved_by_a_spreadsheet_program_is_read(read_csv: Read, content: str | bytes) -> None:
    assert [row.sku for row in read_csv(content)] == ["A"]


def test_every_invalid_file_row_is_reported_with_its_line_number(complaints_about_csv: Complain) -> None:
    assert complaints_about_csv(HEADER + 'A,"B\nC",1,EUR\n\nB,,2,EUR\nC,D,x,EUR\nD,E,1,EUR\n') == [
        "line 5, name: This is required.",
        "line 6, price_amount: Send a whole number, without quotes or a fraction.",
    ]


def test_repeated_sku_in_a_file_is_rejected(complaints_about_csv: Complain) -> None:
    assert complaints_about_csv(HEADER + "A,B,1,EUR\nC,D,1,EUR\nA,E,1,EUR\n") == [
        "line 4, sku: Line 2 has the same SKU."
    ]


def test_file_reader_reports_the_number_of_lines_that_it_has_read(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(HEADER + "A,B,1,EUR\nC,D,1,EUR\n")
    reported: list[int] = []
    read_catalog(path, progress=reported.append)
    assert reported == [2, 3]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("", "It has no products.", id="empty"),
        pytest.param(HEADER, "It has no products.", id="only a header"),
        pytest.param("name\nB\n", "The first line has no column sku.", id="missing column"),
        pytest.param(
            "sku,price_amount\nA,1\n", "The first line has no column price_currency.", id="no currency"
        ),
        pytest.param(
            "attributes.\nx\n", "Column no. 1 of the first line is not known.", id="nameless attribute"
        ),
        pytest.param("sku,sku\nA,B\n", "Column no. 2 of the first line is there twice.", id="column twice"),
        pytest.param(
            "sku,SKU\nA,B\n", "Column no. 2 of the first line is there twice.", id="twice in capitals"
        ),
        pytest.param(HEADER.encode("utf-16"), "Line 1 is not UTF-8.", id="UTF-16"),
        pytest.param(HEADER.encode() + "A,Ä,1,EUR".encode("latin-1"), "Line 2 is not UTF-8.", id="Latin-1"),
        pytest.param(b"sku,name\rA,B\rC,\xc4", "Line 3 is not UTF-8.", id="Latin-1 with CR"),
    ],
)
def test_file_that_cannot_be_parsed_is_rejected_completely(
    read_csv: Read, content: str | bytes, reason: str
) -> None:
    with pytest.raises(BadFile) as refused:
        read_csv(content)
    assert str(refused.value).startswith(reason)


def test_catalog_file_above_the_maximum_size_in_bytes_is_rejected(
    read_csv: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", len(HEADER))
    with pytest.raises(BadFile, match="larger than"):
        read_csv(HEADER + "A,B,1,EUR\n")


def test_catalog_file_above_the_maximum_number_of_rows_is_rejected(
    read_csv: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 1)
    with pytest.raises(BadFile, match="more than 1 rows"):
        read_csv(HEADER + "A,B,1,EUR\nC,D,1,EUR\n")


def test_missing_catalog_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read"):
        read_catalog(tmp_path / "gone.csv", progress=lambda _: None)
