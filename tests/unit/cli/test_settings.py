import io
import sys

import pytest

from tests.unit.cli.conftest import Run


def test_settings_are_shown_as_lines_where_nobody_watches(run: Run) -> None:
    ended = run("config", "show", port="8123")
    assert ended.code == 0
    assert "STEELYARD_PORT=8123\n" in ended.out
    assert "STEELYARD_DATABASE_URL=\n" in ended.out


def test_settings_are_a_table_at_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert run("config", "show").code == 0
    assert "┏" in terminal.getvalue()
    assert "STEELYARD_PORT" in terminal.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:canary@db.example.com/shop",
        "postgresql://db.example.com/shop?user=ann&password=canary",
    ],
)
def test_a_password_is_masked(run: Run, url: str) -> None:
    ended = run("config", "show", database_url=url)
    assert "db.example.com" in ended.out
    assert "canary" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"port": "canary"}, "Error: STEELYARD_PORT is wrong: "),
        ({"database_url": "mysql://ann:canary@db/shop"}, "Error: STEELYARD_DATABASE_URL is wrong: "),
        ({"prot": "canary"}, "Error: STEELYARD_PROT is not a setting. There are: STEELYARD_DATABASE_URL, "),
    ],
)
@pytest.mark.parametrize("command", [("serve",), ("db", "upgrade"), ("config", "show"), ("demo",)])
def test_a_wrong_setting_is_one_line_and_exit_code_2(
    run: Run, command: tuple[str, ...], settings: dict[str, str], line: str
) -> None:
    ended = run(*command, **settings)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith(line)
    assert ended.err.count("\n") == 1
    assert "canary" not in ended.err
