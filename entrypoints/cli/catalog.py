from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.catalog.product import ProductStatus
from entrypoints.cli.exporting import (
    After,
    Before,
    ExportFile,
    ExportFormat,
    Format,
    for_each,
    format_of,
    progress_bar,
    utc,
    writing,
)
from entrypoints.cli.failures import CommandFailed
from entrypoints.cli.output import warn_renamed

if TYPE_CHECKING:
    from rich.progress import Progress

    from application.catalog.import_catalog import ImportResult
    from application.catalog.plan_import import CatalogRow, ImportPlan
    from entrypoints.bootstrap.root import Container
    from entrypoints.catalog_file.complaints import Complaint

MAX_REPORTED = 50


class Encoding(StrEnum):
    """Encodings of files from spreadsheet programs."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    CP1252 = "cp1252"


group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
old_group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")
"""The same commands under the former name of the group, `catalogue`."""

CatalogFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", exists=True, dir_okay=False, readable=True, help="A file named *.csv or *.ndjson."
    ),
]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace",
        help="Reset the fields that the file does not name, and put archived products on sale again.",
    ),
]
DecimalComma = Annotated[
    bool, typer.Option("--decimal-comma", help="Prices in a CSV file have a decimal comma: 1.999,00.")
]
EncodingName = Annotated[Encoding, typer.Option("--encoding", help="The encoding of the file.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would change, and change nothing.", show_default=False)
]


@group.callback()
def catalog() -> None:
    """Import and export the catalog."""


@old_group.callback()
def catalogue() -> None:
    """Old name of `catalog`."""
    warn_renamed("catalogue", "catalog")


@group.command("import")
@old_group.command("import")
def import_file(
    file: CatalogFile,
    replace: Replace = False,
    dry_run: DryRun = False,
    decimal_comma: DecimalComma = False,
    encoding: EncodingName = Encoding.UTF_8,
) -> None:
    """Create or update the products in a file. Existing products are found by SKU.

    If the command fails or is killed, no change is stored. First, all rows are validated, and all invalid rows are
    reported. Products that are not in the file do not change. If a column or field is missing in the file, products
    keep their present value for this field. An empty cell or null clears the value. New products need a name and a
    price. Customers can place orders while the import runs.

    **CSV**: separated by commas, semicolons or tabs. The first line names the columns: sku, and any other
    fields of POST /v1/products. The columns of the price are price_amount and price_currency. Each attribute
    has a column attributes.NAME, such as attributes.color. The column status contains active or archived.

    **NDJSON**: each line is a JSON object with the fields of POST /v1/products and the field status.

    Prices are whole minor units: 1999 with the currency USD is 19.99 dollars. In CSV, all prices of a file can have
    decimals instead: 1,999.00, or 1.999,00 with --decimal-comma. initial_stock has no effect on existing products.
    """
    if file.suffix.lower() not in {".csv", ".ndjson"}:
        raise typer.BadParameter("the name must end in .csv or .ndjson", param_hint="FILE")
    with progress_bar() as bar:
        rows = _read(file, bar, encoding=encoding.value, decimal_comma=decimal_comma)
        plan, result = _import(file, rows, bar, replace=replace, dry_run=dry_run)
    if result is not None:
        typer.echo(f"{result.created} created, {result.changed} changed, {result.unchanged} unchanged.")
        return
    from entrypoints.catalog_file.describing import describe

    for row in plan.rows:
        typer.echo(describe(row))
    created = sum(row.before is None for row in plan.rows)
    typer.echo(
        f"Would be: {created} created, {len(plan.rows) - created} changed, {plan.unchanged} unchanged."
    )


def _read(file: Path, bar: "Progress", *, encoding: str, decimal_comma: bool) -> "list[CatalogRow]":
    from entrypoints.catalog_file.complaints import BadFile, BadRows
    from entrypoints.catalog_file.reading import read_catalog

    task = bar.add_task("Checking", total=None)
    try:
        rows = read_catalog(
            file,
            progress=lambda line: bar.update(task, completed=line),
            encoding=encoding,
            decimal_comma=decimal_comma,
        )
    except BadFile as error:
        raise CommandFailed(f"{file} was not imported. {error}") from None
    except BadRows as error:
        raise _not_imported(file, error.complaints) from None
    bar.remove_task(task)
    return rows


def _import(
    file: Path, rows: "list[CatalogRow]", bar: "Progress", *, replace: bool, dry_run: bool
) -> "tuple[ImportPlan, ImportResult | None]":
    from application.catalog.plan_import import InvalidRows
    from domain.shared.actor import Actor
    from entrypoints.catalog_file.reading import complaint_about
    from entrypoints.cli.shop import in_shop

    async def run(container: "Container") -> "tuple[ImportPlan, ImportResult | None]":
        comparing = bar.add_task("Comparing", total=len(rows))
        plan = await container.catalog.plan_import()(
            rows, replace=replace, progress=lambda count: bar.advance(comparing, count)
        )
        if dry_run:
            return plan, None
        importing = bar.add_task("Importing", total=len(plan.rows))
        result = await container.catalog.import_catalog()(
            plan,
            actor=Actor(None, "catalog import"),
            progress=lambda count: bar.advance(importing, count),
        )
        return plan, result

    try:
        return in_shop(run)
    except InvalidRows as error:
        complaints = [complaint_about(file, line, violation) for line, violation in error.violations]
        raise _not_imported(file, complaints) from None


def _not_imported(file: Path, complaints: "Sequence[Complaint]") -> CommandFailed:
    reported = [str(complaint) for complaint in complaints[:MAX_REPORTED]]
    if len(complaints) > MAX_REPORTED:
        reported.append(f"and {len(complaints) - MAX_REPORTED} more")
    return CommandFailed(f"{file} was not imported. Correct these rows first:", reported)


@group.command("export")
def export(
    file: ExportFile = None,
    format_: ExportFormat = None,
    status: Annotated[ProductStatus | None, typer.Option(help="Only products with this status.")] = None,
    after: After = None,
    before: Before = None,
) -> None:
    """Write the products to a file, oldest first.

    --after and --before refer to the time of a product's last edit. `catalog import` can read the file. The import of
    an unedited file changes nothing. The file does not contain stock. In a spreadsheet, import the columns as text.
    Otherwise the spreadsheet may run text that begins with =.

    If a product is created during the export, the product may be missing in the file. No product is exported twice.
    """
    from application.catalog.ports import ProductFilter
    from entrypoints.catalog_file.writing import AttributeNames, CsvWriter, NdjsonWriter, NotCsv
    from entrypoints.cli.shop import in_shop

    criteria = ProductFilter(status=status, changed_after=utc(after), changed_before=utc(before))

    async def run(container: "Container") -> int:
        # Use the main connection pool, because an export can take longer than the timeout of public reads.
        container.database.public_read_engine.override(container.database.engine)
        export_products = container.catalog.export_products()
        total = await export_products.count(criteria)
        with writing(file) as target, progress_bar() as bar:
            writer: CsvWriter | NdjsonWriter
            if format_of(file, format_) is Format.CSV:
                names = AttributeNames()
                await for_each(export_products(criteria), names.add, bar, "Reading attributes", total=total)
                writer = CsvWriter(target, names)
            else:
                writer = NdjsonWriter(target)
            return await for_each(export_products(criteria), writer.write, bar, "Exporting", total=total)

    try:
        count = in_shop(run)
    except NotCsv as error:
        raise CommandFailed(f"The catalog was not exported. {error}") from None
    typer.echo(f"{count} products exported.", err=True)
