"""The start of `serve`, before the serving processes exist."""

import os
import subprocess
import sys

import pytest

from benchmarks.processes import free_port

SERVE = """
import sys
from entrypoints.cli import server
from entrypoints.cli.app import main
server.serve_http = lambda *_, **__: print("IMPORTED", *sys.modules)
main(["serve", "--port", sys.argv[1]])
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The modules that the parent has imported when it starts the serving processes."""
    ended = subprocess.run(
        [sys.executable, "-c", SERVE, str(free_port())],
        env={name: value for name, value in os.environ.items() if not name.startswith("STEELYARD_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.partition("IMPORTED")[2].split())


def test_parent_reads_settings_before_serving_processes_start(imported: set[str]) -> None:
    assert {"entrypoints.settings", "entrypoints.cli.server"} <= imported


@pytest.mark.parametrize("module", ["entrypoints.bootstrap.root", "fastapi", "asyncpg", "sqlalchemy.orm"])
def test_parent_does_not_import_the_service_before_it_starts(imported: set[str], module: str) -> None:
    assert module not in imported
