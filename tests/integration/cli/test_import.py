from pathlib import Path

from examples.northwind.data import PRODUCTS_FILE
from tests.integration.cli.conftest import Fetch, Run

HEADER = "sku,name,price_amount,price_currency,initial_stock\n"


PRODUCTS = "SELECT sku, name, on_hand FROM products JOIN stocks ON product_id = id ORDER BY sku"


def test_second_import_changes_nothing(run: Run) -> None:
    assert run("catalog", "import", str(PRODUCTS_FILE)) == (0, "77 created, 0 changed, 0 unchanged.\n", "")
    assert run("catalog", "import", str(PRODUCTS_FILE)) == (0, "0 created, 0 changed, 77 unchanged.\n", "")


def test_import_updates_known_skus_and_keeps_their_stock(run: Run, fetch: Fetch, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text(HEADER + "MUG,Mug,1,EUR,5\nCUP,Cup,1,EUR,6\n")
    run("catalog", "import", str(file))
    file.write_text(HEADER + "MUG,Red mug,1,EUR,99\nCUP,Cup,1,EUR,99\nJUG,Jug,1,EUR,7\n")
    code, out, _ = run("catalog", "import", str(file))
    assert (code, out) == (0, "1 created, 1 changed, 1 unchanged.\n")
    assert fetch(PRODUCTS) == [("CUP", "Cup", 6), ("JUG", "Jug", 7), ("MUG", "Red mug", 5)]


def test_one_invalid_row_rejects_the_whole_file(run: Run, fetch: Fetch, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text(HEADER + "MUG,Mug,1,EUR,5\nCUP,Cup,one,EUR,6\n")
    code, _, err = run("catalog", "import", str(file))
    assert code == 1
    assert "line 3, price_amount: Send a whole number" in err
    assert fetch(PRODUCTS) == []
