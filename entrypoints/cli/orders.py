from typing import TYPE_CHECKING, Annotated

import typer

from domain.orders.lifecycle import OrderStatus
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

if TYPE_CHECKING:
    from entrypoints.bootstrap.root import Container

group = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown")


@group.callback()
def orders() -> None:
    """Read the orders."""


@group.command("export")
def export(
    file: ExportFile = None,
    format_: ExportFormat = None,
    status: Annotated[OrderStatus | None, typer.Option(help="Only orders with this status.")] = None,
    after: After = None,
    before: Before = None,
) -> None:
    """Write the orders to a file, oldest first.

    --after and --before refer to the time when an order was placed.

    **CSV**: one row per order line. Each row also has the columns of the order. Amounts are in minor units. In a
    spreadsheet, import the columns as text. Otherwise the spreadsheet may run customers' text that begins with =.

    **NDJSON**: one order per line, as GET /v1/orders/{order_id} shows it to staff.

    If an order is placed during the export, the order may be missing in the file. No order is exported twice.
    """
    from application.orders.ports import OrderFilter
    from entrypoints.cli.shop import in_shop
    from entrypoints.order_file import OrderCsvWriter, OrderNdjsonWriter

    criteria = OrderFilter(status=status, created_after=utc(after), created_before=utc(before))

    async def run(container: "Container") -> int:
        export_orders = container.orders.export_orders()
        total = await export_orders.count(criteria)
        with writing(file) as target, progress_bar() as bar:
            is_csv = format_of(file, format_) is Format.CSV
            writer = OrderCsvWriter(target) if is_csv else OrderNdjsonWriter(target)
            return await for_each(export_orders(criteria), writer.write, bar, "Exporting", total=total)

    count = in_shop(run)
    typer.echo(f"{count} orders exported.", err=True)
