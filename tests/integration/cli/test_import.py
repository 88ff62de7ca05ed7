import asyncio
from pathlib import Path

import pytest

from application.catalog.plan_import import ROWS_AT_A_TIME
from examples.northwind.data import PRODUCTS_FILE
from tests.e2e.serving import PROGRAM
from tests.integration.cli.conftest import Fetch, Run
from tests.kit import children
from tests.servers.databases import connected

HEADER = "sku,name,price_amount,price_currency,initial_stock\n"

PRODUCTS = "SELECT sku, name, on_hand FROM products JOIN stocks ON product_id = id ORDER BY sku"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
DETAILS = "SELECT price_amount, description, max_per_order, attributes::text FROM products"


def test_second_import_command_reports_every_product_as_unchanged(run: Run) -> None:
    assert run("catalog", "import", str(PRODUCTS_FILE)) == (0, "77 created, 0 changed, 0 unchanged.\n", "")
    assert run("catalog", "import", str(PRODUCTS_FILE)) == (0, "0 created, 0 changed, 77 unchanged.\n", "")


def test_import_of_known_skus_updates_the_products_but_not_the_stock(
    run: Run, fetch: Fetch, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_text(HEADER + "MUG,Mug,1,EUR,5\nCUP,Cup,1,EUR,6\n")
    run("catalog", "import", str(file))
    file.write_text(HEADER + "MUG,Red mug,1,EUR,99\nCUP,Cup,1,EUR,99\nJUG,Jug,1,EUR,7\n")
    code, out, _ = run("catalog", "import", str(file))
    assert (code, out) == (0, "1 created, 1 changed, 1 unchanged.\n")
    assert fetch(PRODUCTS) == [("CUP", "Cup", 6), ("JUG", "Jug", 7), ("MUG", "Red mug", 5)]


def test_import_with_one_invalid_row_changes_nothing(run: Run, fetch: Fetch, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text(HEADER + "MUG,Mug,1,EUR,5\nCUP,Cup,one,EUR,6\n")
    code, _, err = run("catalog", "import", str(file))
    assert code == 1
    assert "line 3, price_amount: Send a whole number" in err
    assert fetch(PRODUCTS) == []


def test_import_command_resets_omitted_columns_only_in_replace_mode(
    run: Run, fetch: Fetch, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_text(
        "sku,name,price_amount,price_currency,description,max_per_order,attributes.color\n"
        "MUG,Mug,1999,EUR,Holds 300 ml,3,red\n"
    )
    run("catalog", "import", str(file))
    file.write_text("sku,name,price_amount,price_currency\nMUG,Mug,1750,EUR\n")
    assert run("catalog", "import", str(file)) == (0, "0 created, 1 changed, 0 unchanged.\n", "")
    assert fetch(DETAILS) == [(1750, "Holds 300 ml", 3, '{"color": "red"}')]
    assert run("catalog", "import", "--replace", str(file))[1] == "0 created, 1 changed, 0 unchanged.\n"
    assert fetch(DETAILS) == [(1750, "", None, "{}")]


def test_dry_run_of_an_import_prints_changes_but_stores_none(run: Run, fetch: Fetch, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text(HEADER + "MUG,Mug,1999,EUR,5\nCUP,Cup,1,EUR,6\n")
    run("catalog", "import", str(file))
    before = fetch(PRODUCTS)
    file.write_text(
        "sku,name,description,price_amount,price_currency\n"
        'MUG,Beaker,"Two\nlines",1750,EUR\nCUP,Cup,,1,EUR\nJUG,Jug,,1,EUR\n'
    )
    code, out, _ = run("catalog", "import", "--dry-run", str(file))
    assert code == 0
    assert out.splitlines() == [
        'change MUG: name "Mug" -> "Beaker", description "" -> "Two\\nlines", price 19.99 EUR -> 17.50 EUR',
        "create JUG",
        "Would be: 1 created, 1 changed, 1 unchanged.",
    ]
    assert fetch(PRODUCTS) == before


def test_new_product_without_a_price_is_reported_with_the_line_number(
    run: Run, fetch: Fetch, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,name\nMUG,Mug\n")
    code, _, err = run("catalog", "import", str(file))
    assert code == 1
    assert "line 2, price: A new product needs this." in err
    assert fetch(PRODUCTS) == []


def test_csv_file_with_decimal_commas_is_imported(run: Run, fetch: Fetch, tmp_path: Path) -> None:
    file = tmp_path / "PREISE.CSV"
    file.write_bytes(
        "SKU;NAME;PRICE_AMOUNT;PRICE_CURRENCY\r\nMUG;Größe;1.999,00;EUR\r\n;;;\r\n".encode("cp1252")
    )
    code, _, err = run("catalog", "import", "--decimal-comma", str(file))
    assert code == 1
    assert "Line 2 is not UTF-8." in err
    arguments = ("--decimal-comma", "--encoding", "cp1252", str(file))
    assert run("catalog", "import", *arguments)[1] == "1 created, 0 changed, 0 unchanged.\n"
    assert fetch("SELECT name, price_amount FROM products") == [("Größe", 199900)]


async def test_killed_import_changes_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_DATABASE_URL", database_url)
    file = tmp_path / "products.csv"
    command = [*PROGRAM, "catalog", "import", str(file)]
    skus = [f"SKU-{number}" for number in range(ROWS_AT_A_TIME + 1)]
    file.write_text(HEADER + "".join(f"{sku},Mug,1,EUR,5\n" for sku in skus))
    await asyncio.to_thread(children.run, command)
    file.write_text("sku,name\n" + "".join(f"{sku},Beaker\n" for sku in skus))
    async with connected(database_url) as connection:
        async with connected(database_url) as holder, holder.transaction():
            # The import locks stock rows after it has written all other rows.
            await holder.execute("SELECT FROM stocks FOR UPDATE")
            with children.started(command):
                async with asyncio.timeout(60):
                    while not await connection.fetchval(WAITING):  # noqa: ASYNC110 - must poll, because PostgreSQL does not announce waits
                        await asyncio.sleep(0.05)
        names = [row["name"] for row in await connection.fetch("SELECT DISTINCT name FROM products")]
    assert names == ["Mug"]
