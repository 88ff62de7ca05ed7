import asyncio
import csv
import io
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from application.orders.views import OrderView
from entrypoints.cli.exporting import utc
from entrypoints.http.representation.serialization import serialize
from examples.northwind.data import PRODUCTS_FILE
from tests.integration.cli.conftest import Fetch, Run
from tests.kit.examples import UNICODE
from tests.kit.postgres_store import postgres_store
from tests.kit.shop import Shop

ROWS: list[dict[str, Any]] = [
    {
        "sku": "MUG",
        "name": UNICODE,
        "description": ' two\r\nlines, "quoted"; \r and a tab\t',
        "price": {"amount": 1999, "currency": "EUR"},
        "attributes": {"colour": "red", " Größe, in cm": "5", 'with "quotes"': "=1+1"},
        "max_per_order": 3,
        "status": "active",
    },
    {
        "sku": "CUP",
        "name": "Cup",
        "description": "",
        "price": {"amount": 5, "currency": "JPY"},
        "attributes": {"Colour": "blue"},
        "max_per_order": None,
        "status": "archived",
    },
]
PRODUCTS = "SELECT sku, name, description, attributes::text, max_per_order, status, version FROM products ORDER BY sku"


@pytest.fixture
def imported(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "given.ndjson"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert run("catalog", "import", str(file))[0] == 0


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
@pytest.mark.parametrize("options", [(), ("--replace",)])
def test_import_of_an_unedited_export_file_changes_nothing(
    run: Run, fetch: Fetch, tmp_path: Path, suffix: str, options: tuple[str, ...]
) -> None:
    before = fetch(PRODUCTS)
    file = tmp_path / f"exported.{suffix}"
    assert run("catalog", "export", str(file)) == (0, "", "2 products exported.\n")
    assert run("catalog", "import", *options, str(file)) == (0, "0 created, 0 changed, 2 unchanged.\n", "")
    assert fetch(PRODUCTS) == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("imported")
def test_ndjson_export_contains_every_importable_field(run: Run) -> None:
    _, out, _ = run("catalog", "export", "--format", "ndjson")
    assert [json.loads(line) for line in out.splitlines()] == ROWS


@pytest.mark.usefixtures("imported")
def test_catalog_export_can_be_filtered_by_status_and_time(run: Run) -> None:
    assert run("catalog", "export", "--status", "archived")[1].splitlines()[1].startswith("CUP,")
    assert run("catalog", "export", "--after", "2100-01-01")[2] == "0 products exported.\n"
    assert run("catalog", "export", "--before", "2100-01-01T12:00:00+01:00")[2] == "2 products exported.\n"


def test_export_of_several_pages_contains_every_product(run: Run, tmp_path: Path) -> None:
    given, exported = tmp_path / "given.csv", tmp_path / "exported.csv"
    skus = [f"SKU-{number:04}" for number in range(1201)]
    given.write_text("sku,name,price_amount,price_currency\n" + "".join(f"{sku},Mug,1,EUR\n" for sku in skus))
    run("catalog", "import", str(given))
    run("catalog", "export", str(exported))
    assert [row["sku"] for row in csv.DictReader(exported.read_text().splitlines())] == skus


def test_csv_export_rejects_an_empty_attribute(run: Run, tmp_path: Path) -> None:
    given, exported = tmp_path / "given.ndjson", tmp_path / "exported.csv"
    given.write_text(json.dumps(ROWS[0] | {"attributes": {"colour": ""}}) + "\n")
    run("catalog", "import", str(given))
    exported.write_text("from yesterday")
    code, _, err = run("catalog", "export", str(exported))
    assert code == 1
    assert "An attribute of MUG is an empty text" in err
    assert exported.read_text() == "from yesterday"
    assert sorted(tmp_path.iterdir()) == [exported, given]
    assert run("catalog", "export", "--format", "ndjson")[0] == 0


def test_unwritable_export_file_is_reported(run: Run, tmp_path: Path) -> None:
    code, _, err = run("catalog", "export", str(tmp_path / "missing" / "exported.csv"))
    assert code == 1
    assert "cannot be written: No such file or directory." in err


def test_import_of_the_exported_northwind_catalog_changes_nothing(run: Run, tmp_path: Path) -> None:
    run("catalog", "import", str(PRODUCTS_FILE))
    file = tmp_path / "exported.csv"
    run("catalog", "export", str(file))
    assert run("catalog", "import", "--replace", str(file))[1] == "0 created, 0 changed, 77 unchanged.\n"


async def place_orders(database_url: str) -> list[OrderView]:
    """Place an order with two lines and an order with one line, and cancel the second order."""
    async with postgres_store(database_url) as store:
        shop = Shop(store)
        mug, cup = (
            await shop.product(sku="MUG", stock=5),
            await shop.product(sku="CUP", stock=5, name=UNICODE),
        )
        command = shop.commands.place_order((mug, 2), (cup, 1), customer=await shop.customer())
        return [(await shop.place_order(command)).result, await shop.cancel(await shop.order(mug))]


def test_order_export_contains_one_row_per_order_line(run: Run, database_url: str) -> None:
    first, second = asyncio.run(place_orders(database_url))
    code, out, err = run("orders", "export")
    rows = [*csv.DictReader(io.StringIO(out, newline=""))]
    assert (code, err) == (0, "2 orders exported.\n")
    assert [(row["number"], row["line_sku"], row["line_name"], row["line_quantity"]) for row in rows] == [
        (order.number, line.sku, line.name, str(line.quantity))
        for order in (first, second)
        for line in order.lines
    ]
    assert {(row["total"], row["currency"], row["status"]) for row in rows} == {
        ("3000", "EUR", "pending_payment"),
        ("1000", "EUR", "cancelled"),
    }


def test_exported_order_equals_the_order_that_the_api_returns(
    run: Run, database_url: str, tmp_path: Path
) -> None:
    first, second = asyncio.run(place_orders(database_url))
    file = tmp_path / "orders.ndjson"
    assert run("orders", "export", str(file))[2] == "2 orders exported.\n"
    assert file.read_bytes().splitlines() == [serialize(first), serialize(second)]


def test_order_export_can_be_filtered_by_status_and_time(run: Run, database_url: str) -> None:
    first, second = asyncio.run(place_orders(database_url))
    ndjson = ("orders", "export", "--format", "ndjson")
    placed = first.placed_at.date()

    def exported(*options: str) -> list[str]:
        return [json.loads(line)["id"] for line in run(*ndjson, *options)[1].splitlines()]

    assert exported("--status", "cancelled") == [str(second.id)]
    assert exported("--after", f"{placed}") == [str(first.id), str(second.id)]
    assert exported("--before", f"{placed}T00:00:00Z") == []


def test_export_filter_timestamp_without_an_offset_is_interpreted_as_utc() -> None:
    assert utc(datetime(2026, 1, 5, 9)) == datetime(2026, 1, 5, 9, tzinfo=UTC)  # noqa: DTZ001 - the test passes a timestamp without a time zone
