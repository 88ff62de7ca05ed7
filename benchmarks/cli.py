"""The commands of the benchmarks."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.audit import Expected, audit
from benchmarks.conformance import ensure_alike, observed
from benchmarks.contenders import PEERS, Contender, baseline, everybody
from benchmarks.database import server
from benchmarks.load import CONNECTIONS, WORKLOADS, Workload
from benchmarks.machine import facts
from benchmarks.plots import draw
from benchmarks.pools import with_best_pools
from benchmarks.profiling import CannotProfile
from benchmarks.profiling import profile as draw_profile
from benchmarks.published import publish
from benchmarks.report import CEILING, Report, Rows, newest
from benchmarks.rounds import Plan, Sample, medians, run_all
from benchmarks.shop import Size, open_shop
from benchmarks.studies.cli import group as studies

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
app.add_typer(studies, name="study")
console = Console()

NAMES = [workload.name for workload in WORKLOADS]
Only = Annotated[list[str] | None, typer.Option(help="Only these contenders; repeat it.", show_default=False)]
Work = Annotated[
    list[str] | None, typer.Option(help=f"Only these: {', '.join(NAMES)}; repeat it.", show_default=False)
]


@app.command()
def run(
    only: Only = None,
    workload: Work = None,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    seconds: Annotated[float, typer.Option(help="For each run.", min=1)] = 2,
    pool_sizes: Annotated[
        str, typer.Option(help="First find each contender's best number of connections among these: 4,8,16.")
    ] = "",
    ceiling: Annotated[bool, typer.Option(help="Measure pgbench as well.")] = True,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Another checkout of the service, with its .venv: before and after, in one session."
        ),
    ] = None,
    keep: Annotated[bool, typer.Option(help="Write the result to benchmarks/results/.")] = False,
) -> None:
    """Compare the service with its peers in alternating rounds, and check the invariants after each run."""
    contenders: Sequence[Contender] = [
        one for one in everybody() if _is_here(one) and (not only or one.name in only)
    ]
    if against is not None:
        contenders = [*contenders, baseline(against)]
    workloads = [work for work in WORKLOADS if not workload or work.name in workload]
    has_ceiling = ceiling and shutil.which("pgbench") is not None
    with server() as postgres:
        machine = facts(postgres)
        console.print(f"{machine['cores']} cores, PostgreSQL {machine['PostgreSQL']}; filling the shop")
        shop = open_shop(postgres, Size())
        postgres.execute((PEERS / "sql" / "place_order.sql").read_text(), database=shop.template)
        if sizes := [int(size) for size in pool_sizes.split(",") if size]:
            contenders = with_best_pools(postgres, shop, contenders, sizes, tell=_tell)
            console.print("Connections: " + ", ".join(f"{one.title} {one.pool}" for one in contenders))
        plan = Plan(contenders, workloads, rounds, seconds, has_ceiling)
        found = run_all(postgres, shop, plan, tell=_tell)
    report = Report(
        machine=machine,
        rounds=rounds,
        seconds=seconds,
        connections=CONNECTIONS,
        titles={contender.name: contender.title for contender in contenders}
        | ({CEILING: "pgbench, no HTTP"} if has_ceiling else {}),
        pools={contender.name: contender.pool for contender in contenders},
        medians=medians(found),
    )
    for rows in report.tables():
        _show(rows)
    if keep:
        console.print(f"Written to {report.write().relative_to(Path.cwd())}")


@app.command()
def plot() -> None:
    """Draw charts of the newest result in benchmarks/results/, and write its tables into the docs."""
    report = newest()
    charts = list(draw(report))
    for file in (*(chart.file for chart in charts), *publish(report, charts)):
        console.print(f"Written: {file}")


@app.command()
def check(only: Only = None) -> None:
    """Send each contender one request of each kind, without load, and compare the responses."""
    answers = None
    with server() as postgres:
        shop = open_shop(postgres, Size(customers=20, products=30, orders=50))
        postgres.execute((PEERS / "sql" / "place_order.sql").read_text(), database=shop.template)
        for contender in everybody():
            if contender.name != "steelyard" and (
                not _is_here(contender) or (only and contender.name not in only)
            ):
                continue
            with (
                postgres.copy(shop.template) as database,
                contender.running(postgres, database, shop) as running,
            ):
                found = observed(running.url, shop)
                answers = answers or found
                ensure_alike(answers, found)
                audit(postgres, database, Expected(len(shop.orders), 1, 0))
            console.print(f"{contender.title}: the same")


@app.command()
def profile(
    workload: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMES)}.")] = "place",
    seconds: Annotated[int, typer.Option(min=1)] = 8,
) -> None:
    """Draw a flame graph of the service under a workload."""
    try:
        picture, measured = draw_profile(_workload(workload), seconds=seconds)
    except CannotProfile as error:
        console.print(f"No flame graph: {error}")
        raise typer.Exit(1) from None
    console.print(f"{picture}, at {measured.per_second:,.0f} requests/s")


def _workload(name: str) -> Workload:
    for workload in WORKLOADS:
        if workload.name == name:
            return workload
    raise typer.BadParameter(f"There are {', '.join(NAMES)}.")


def _is_here(contender: Contender) -> bool:
    missing = shutil.which(contender.command[0]) is None or not (
        contender.needs is None or contender.needs.exists()
    )
    if missing:
        console.print(
            f"left out: {contender.title} is not installed here (make bench installs it where it can)"
        )
    return not missing


def _tell(sample: Sample) -> None:
    found = sample.measurement
    refused = f", {found.refused} refused" if found.refused else ""
    console.print(
        f"{sample.contender:18} {sample.workload:8} {found.per_second:8,.0f}/s"
        f"  p50 {found.p50_ms:6.1f}  p99 {found.p99_ms:6.0f} ms"
        f"  CPU {sample.server_us:5.0f} + {sample.database_us:4.0f} µs{refused}",
        highlight=False,
    )


def _show(rows: Rows) -> None:
    head, *body = rows
    if not body:
        return
    table = Table()
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for row in body:
        table.add_row(*row)
    console.print(table)
