import json
import socket
from pathlib import Path

import pytest

from entrypoints.cli.address import Address
from entrypoints.cli.failures import CommandFailed
from tests.unit.cli.conftest import Run

NOWHERE = "postgresql://ann:canary@127.0.0.1:1/shop"


def test_without_a_command_the_commands_are_listed(run: Run) -> None:
    ended = run()
    for command in ("serve", "demo", "db", "users", "catalogue", "openapi", "config"):
        assert command in ended.out + ended.err


def test_the_description_is_exported_without_a_database(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    assert run("openapi", "export", str(file)).code == 0
    printed = run("openapi", "export")
    assert printed.code == 0
    assert json.loads(printed.out) == json.loads(file.read_text())
    assert "/v1/orders" in json.loads(printed.out)["paths"]


def test_the_life_of_an_order_is_exported_without_a_database(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lifecycle.md"
    assert run("lifecycle", "export", str(file)).code == 0
    assert run("lifecycle", "export").out == file.read_text(encoding="utf-8")
    assert run("lifecycle", "export", str(tmp_path / "no" / "lifecycle.md")).code == 1


def test_a_description_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    ended = run("openapi", "export", str(tmp_path / "no" / "openapi.json"))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("cannot be written: No such file or directory.\n")


def test_a_database_that_is_away_is_one_line(run: Run) -> None:
    ended = run("db", "upgrade", database_url=NOWHERE)
    assert ended.code == 1
    assert ended.err.startswith("Error: The database cannot be used: ")
    assert ended.err.count("\n") == 1
    assert "canary" not in ended.err


def test_only_known_kinds_of_files_are_imported(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.xlsx"
    file.touch()
    ended = run("catalogue", "import", str(file))
    assert ended.code == 2
    assert "the name must end in .csv or .ndjson" in ended.err


def test_bad_rows_are_listed_before_any_database_is_asked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,name,price_amount,price_currency\n" + "A,,1,EUR\n" * 60)
    ended = run("catalogue", "import", str(file), database_url=NOWHERE)
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert lines[0].endswith("products.csv was not imported. Mend these places first:")
    assert lines[1] == "  line 2, name: This is required."
    assert lines[-1] == "  and 10 more"


def test_a_port_in_use_is_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run("serve", port=str(port), database_url=NOWHERE)
    assert ended.code == 1
    assert ended.err == (
        f"Error: Port {port} is in use. Stop what listens there, or choose another port with --port or STEELYARD_PORT.\n"
    )


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CommandFailed, match=r"Nothing can listen on 192\.0\.2\.1"):
        Address("192.0.2.1", 8000).ensure_free()


@pytest.mark.parametrize(
    ("ip", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - nothing listens
        ("::", "http://[::1]:8000"),
    ],
)
def test_a_service_is_reached_from_this_machine(ip: str, url: str) -> None:
    assert Address(ip, 8000).url == url


def test_nobody_answers_where_nobody_listens() -> None:
    assert not Address("127.0.0.1", 1).answers()
