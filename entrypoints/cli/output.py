"""Output of tables, documents, times and warnings by commands."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from entrypoints.cli.failures import CommandFailed


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[str]], *, highlighted: str = "") -> None:
    """Print rows: on a terminal as a table, otherwise with tabs between the values.

    If the table is wider than the terminal, each row is printed as a block of lines, so that no value is cut. The row
    whose first value is `highlighted` is printed in bold.
    """
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table(*columns)
    rows = list(rows)
    for row in rows:
        table.add_row(*row, style="bold" if row[0] == highlighted else "")
    console = Console()
    if Measurement.get(console, console.options.update(max_width=10_000), table).maximum <= console.width:
        console.print(table)
        return
    width = max(map(len, columns))
    blocks = (
        "\n".join(f"{name:<{width}}  {value}" for name, value in zip(columns, row, strict=True))
        for row in rows
    )
    typer.echo("\n\n".join(blocks))


def format_time(moment: datetime | None, *, missing: str) -> str:
    return missing if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def write_json(document: Mapping[str, Any], file: Path | None) -> None:
    """Write a document as indented JSON to a file or, if `file` is None, to standard output."""
    write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", file)


def write_text(text: str, file: Path | None) -> None:
    """Write a text to a file or, if `file` is None, to standard output. Raises CommandFailed."""
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from None


def warn_renamed(old: str, new: str) -> None:
    """Warn on standard error that the user has given the old name of a command or option."""
    typer.echo(
        f"Warning: `{old}` is now called `{new}`. The old name will be removed in a later release.", err=True
    )
