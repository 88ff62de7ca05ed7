from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.cli.failures import CommandFailed
from entrypoints.cli.output import warn_renamed

if TYPE_CHECKING:
    from application.catalog.import_catalog import CatalogRow, ImportResult
    from entrypoints.bootstrap.root import Container

MAX_REPORTED = 50

group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
old_group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
"""The commands under the name `catalogue`, which they had before."""

CatalogFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", exists=True, dir_okay=False, readable=True, help="A file named *.csv or *.ndjson."
    ),
]


@group.callback()
def catalog() -> None:
    """Update the catalog from a file."""


@old_group.callback()
def catalogue() -> None:
    """Old name of `catalog`."""
    warn_renamed("catalogue", "catalog")


@group.command("import")
@old_group.command("import")
def import_file(file: CatalogFile) -> None:
    """Create or update the products of a file, by SKU: all of them, or none.

    Every row is validated first, with the rules of POST /v1/products, and every invalid row is reported. Products that
    are not in the file do not change. Archived products that are in the file become active again.

    **CSV**: UTF-8, separated by commas. The first line names the columns. Required: sku, name, price_amount,
    price_currency. Optional: description, max_per_order, initial_stock, and attributes.NAME for each attribute, such
    as attributes.color. An empty cell is ignored.

    **NDJSON**: UTF-8, one JSON object per line, with the fields of POST /v1/products.

    Prices are whole minor units: 1999 USD is 19.99 dollars. initial_stock applies to new products only.
    """
    if file.suffix not in {".csv", ".ndjson"}:
        raise typer.BadParameter("the name must end in .csv or .ndjson", param_hint="FILE")
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
        rows = _read(file, bar)
        result = _import(rows, bar)
    typer.echo(f"{result.created} created, {result.changed} changed, {result.unchanged} unchanged.")


def _read(file: Path, bar: Progress) -> "list[CatalogRow]":
    from entrypoints.catalog_file.complaints import BadFile, BadRows
    from entrypoints.catalog_file.reading import read_catalog

    task = bar.add_task("Checking", total=None)
    try:
        rows = read_catalog(file, progress=lambda line: bar.update(task, completed=line))
    except BadFile as error:
        raise CommandFailed(f"{file} was not imported. {error}") from None
    except BadRows as error:
        reported = [str(complaint) for complaint in error.complaints[:MAX_REPORTED]]
        if len(error.complaints) > MAX_REPORTED:
            reported.append(f"and {len(error.complaints) - MAX_REPORTED} more")
        raise CommandFailed(f"{file} was not imported. Correct these rows first:", reported) from None
    bar.remove_task(task)
    return rows


def _import(rows: "list[CatalogRow]", bar: Progress) -> "ImportResult":
    from domain.shared.actor import Actor
    from entrypoints.cli.shop import in_shop

    task = bar.add_task("Importing", total=len(rows))

    async def run(container: "Container") -> "ImportResult":
        return await container.catalog.import_catalog()(
            rows, actor=Actor(None, "catalog import"), progress=lambda count: bar.advance(task, count)
        )

    return in_shop(run)
