import asyncio
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from entrypoints.cli.app import main
from tests.servers.databases import connected

Run = Callable[..., tuple[int, str, str]]
Fetch = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def _environment_as_it_was() -> Iterator[None]:
    """Restore the environment variables that a command sets for its child processes."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process on the database of the test. Return the exit code and the output."""
    monkeypatch.setenv("STEELYARD_DATABASE_URL", database_url)

    def run(*arguments: str, typed: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def fetch(database_url: str) -> Fetch:
    """Query the database of the test, and return the rows."""

    async def fetch(query: str) -> list[tuple[Any, ...]]:
        async with connected(database_url) as connection:
            return [tuple(row) for row in await connection.fetch(query)]

    return lambda query: asyncio.run(fetch(query))
