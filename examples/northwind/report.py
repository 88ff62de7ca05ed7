"""The demo's output."""

import time
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from application.catalog.import_catalog import ImportResult
from examples.northwind.carry_out import PerformedActions
from examples.northwind.place import Placed
from examples.northwind.reconcile import Check

SHOWN_DIFFERENCES = 20
MIN_REPORTED_WAIT = 2.0


def progress_on(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<21}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        expand=True,
    )


def print_import(console: Console, result: ImportResult) -> None:
    console.print(
        f"Catalog: {result.created} products created, {result.changed} changed, {result.unchanged} unchanged."
    )


def print_customers(console: Console, customers: int, *, email: str, password: str) -> None:
    console.print(
        f"Customers: {customers} logged in. Their passwords are public: {email} has the password {password}.",
        soft_wrap=True,
    )


class WaitReporter:
    """A callback that explains each long pause of the demo. It prints one explanation per pause."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._reported_until = 0.0

    def __call__(self, seconds: float) -> None:
        now = time.monotonic()
        if seconds > MIN_REPORTED_WAIT and now > self._reported_until:
            self._reported_until = now + seconds
            self._console.print(f"The service has had many requests and asks to wait for {seconds:.0f} s.")


def print_placing(console: Console, placed: Placed, *, seconds: float) -> None:
    total = placed.new + placed.replayed + len(placed.refusals)
    console.print(
        f"Orders: [bold]{placed.new} new[/bold], {placed.replayed} replayed, {len(placed.refusals)} rejected, "
        f"in {seconds:.1f} s: [bold]{total / seconds:,.0f} orders/s[/bold] over HTTP."
    )


def print_actions(console: Console, performed: PerformedActions) -> None:
    done = (
        ", ".join(f"[bold]{count}[/bold] {name}" for name, count in sorted(performed.new.items()))
        or "nothing new"
    )
    console.print(f"Then: {done}, {performed.replayed.total()} replayed, {len(performed.refusals)} rejected.")


def print_checks(console: Console, checks: Sequence[Check]) -> None:
    table = Table(box=box.SIMPLE_HEAD, title="Reconciled with the files", title_justify="left")
    table.add_column("")
    table.add_column("Expected", justify="right")
    table.add_column("Found", justify="right")
    table.add_column("", justify="center")
    for check in checks:
        verdict = "[green]✓[/green]" if check.holds else "[red]✗[/red]"
        table.add_row(check.name, check.expected, check.found, verdict)
    console.print(table)


def differences_of(checks: Sequence[Check], refusals: Sequence[str]) -> list[str]:
    """Return one line for each difference, but at most SHOWN_DIFFERENCES lines."""
    lines = list(refusals)
    for check in checks:
        if not check.holds:
            lines += check.differences or (f"{check.name}: {check.found}, not {check.expected}",)
    if len(lines) > SHOWN_DIFFERENCES:
        lines[SHOWN_DIFFERENCES:] = [f"and {len(lines) - SHOWN_DIFFERENCES} more"]
    return lines
