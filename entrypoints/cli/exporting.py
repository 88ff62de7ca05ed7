"""Common parts of the export commands: formats, timestamps, the target file and the progress bar."""

import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.cli.failures import CommandFailed

T = TypeVar("T")


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]
ExportFile = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", dir_okay=False, help="The file to write; without it, standard output."),
]
ExportFormat = Annotated[
    Format | None, typer.Option("--format", help="By default that of the name of the file, or csv.")
]
After = Annotated[
    datetime | None,
    typer.Option("--after", formats=_TIMES, help="From this moment on; UTC without an offset."),
]
Before = Annotated[
    datetime | None, typer.Option("--before", formats=_TIMES, help="Before this moment, which is excluded.")
]


def format_of(file: Path | None, named: Format | None) -> Format:
    if named is not None:
        return named
    suffix = "" if file is None else file.suffix.lower()
    return Format.NDJSON if suffix == ".ndjson" else Format.CSV


def utc(moment: datetime | None) -> datetime | None:
    """Return the timestamp with an offset. A timestamp without an offset counts as UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@contextmanager
def writing(file: Path | None) -> Iterator[TextIO]:
    """Open the target of an export. A file gets its final name only after all content is written.

    Only the owner can read the file. Raises CommandFailed if the file cannot be written.
    """
    if file is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr] # standard output is a TextIOWrapper
        yield sys.stdout
        return
    try:
        # mkstemp creates a file that only the owner can read.
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with open(descriptor, "w", encoding="utf-8", newline="") as target:  # noqa: PTH123 - Path cannot open a file descriptor
                yield target
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from None


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show progress on standard error if standard error is a terminal."""
    terminal = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=terminal,
        transient=True,
        disable=not terminal.is_terminal,
    ) as bar:
        yield bar


async def for_each(
    items: AsyncIterator[T], act: Callable[[T], None], bar: Progress, description: str, *, total: int
) -> int:
    """Call a function with each item, show the progress, and return the number of items."""
    task = bar.add_task(description, total=total)
    count = 0
    async for item in items:
        act(item)
        count += 1
        bar.advance(task)
    return count
