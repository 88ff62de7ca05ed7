import io
import socket
import sys
from pathlib import Path

import pytest

from entrypoints.cli.address import Address
from entrypoints.cli.failures import CommandFailed
from entrypoints.cli.output import print_rows
from tests.unit.cli.conftest import Run

NOWHERE = "postgresql://ann:canary@127.0.0.1:1/shop"


def test_program_call_without_a_command_lists_the_commands(run: Run) -> None:
    ended = run()
    for command in ("serve", "demo", "db", "users", "catalog", "openapi", "config"):
        assert command in ended.out + ended.err


def test_lifecycle_export_needs_no_database(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "lifecycle.md"
    assert run("lifecycle", "export", str(file)).code == 0
    assert run("lifecycle", "export").out == file.read_text(encoding="utf-8")


def test_unwritable_file_is_reported_in_one_line(run: Run, tmp_path: Path) -> None:
    ended = run("lifecycle", "export", str(tmp_path / "no" / "lifecycle.md"))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("cannot be written: No such file or directory.\n")


def test_unreachable_database_is_reported_in_one_line(run: Run) -> None:
    ended = run("db", "upgrade", database_url=NOWHERE)
    assert ended.code == 1
    assert ended.err.startswith("Error: The database cannot be used: ")
    assert ended.err.count("\n") == 1
    assert "canary" not in ended.err


def test_import_of_an_unknown_file_type_is_rejected(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.xlsx"
    file.touch()
    ended = run("catalog", "import", str(file))
    assert ended.code == 2
    assert "the name must end in .csv or .ndjson" in ended.err


def test_invalid_import_rows_are_reported_while_the_database_is_unreachable(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,name,price_amount,price_currency\n" + "A,,1,EUR\n" * 60)
    ended = run("catalog", "import", str(file), database_url=NOWHERE)
    assert ended.code == 1
    lines = ended.err.splitlines()
    assert lines[0].endswith("products.csv was not imported. Correct these rows first:")
    assert lines[1] == "  line 2, name: This is required."
    assert lines[-1] == "  and 10 more"


def test_port_in_use_is_reported_in_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run("serve", port=str(port), database_url=NOWHERE)
    assert ended.code == 1
    assert ended.err == (
        f"Error: Port {port} is in use. Stop the program that listens there, or choose another port with --port or STEELYARD_PORT.\n"
    )


def test_service_cannot_start_on_an_ip_address_of_another_machine() -> None:
    with pytest.raises(CommandFailed, match=r"The service cannot listen on 192\.0\.2\.1"):
        Address("192.0.2.1", 8000).ensure_free()


@pytest.mark.parametrize(
    ("ip", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - the address is only formatted; no server listens on it
        ("::", "http://[::1]:8000"),
    ],
)
def test_url_that_the_service_prints_is_reachable_from_this_machine(ip: str, url: str) -> None:
    assert Address(ip, 8000).url == url


def test_network_address_with_a_closed_port_is_reported_as_unreachable() -> None:
    assert not Address("127.0.0.1", 1).answers()


def test_old_spelling_catalogue_of_a_command_is_accepted_with_a_warning(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,name,price_amount,price_currency\nA,,1,EUR\n")
    old = run("catalogue", "import", str(file), database_url=NOWHERE)
    new = run("catalog", "import", str(file), database_url=NOWHERE)
    warning, rest = old.err.split("\n", 1)
    assert warning.startswith("Warning: `catalogue` is now called `catalog`.")
    assert (old.code, rest) == (new.code, new.err)


@pytest.mark.parametrize("group", ["keys", "clients", "users", "catalog", "config", "db"])
def test_help_text_contains_no_markup(run: Run, group: str) -> None:
    assert "[bold]" not in run(group, "--help").out


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "is_table"), [("80", False), ("200", True)])
def test_values_in_printed_tables_are_never_truncated(
    width: str, is_table: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", width)
    row = ("warehouse", "01934e6c-8f3a-7d2b-9c4e-5a6b7c8d9e0f", "0" * 36, "orders:fulfil stock:write")
    print_rows(("Name", "Client id", "Secret", "Scopes"), [row])
    assert all(value in terminal.getvalue() for value in row)
    assert ("┃" in terminal.getvalue()) is is_table
