import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from entrypoints.cli.app import main


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


Run = Callable[..., CommandResult]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process with exactly these settings."""
    for name in [name for name in os.environ if name.startswith("STEELYARD_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, **settings: str) -> CommandResult:
        for name, value in settings.items():
            monkeypatch.setenv(f"STEELYARD_{name.upper()}", value)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        return CommandResult(int(ended.value.code or 0), captured.out, captured.err)

    return run
