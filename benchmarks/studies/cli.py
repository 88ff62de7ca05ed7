"""The commands of the studies."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.database import Server, server
from benchmarks.shop import Shop, Size, open_shop
from benchmarks.studies import dashboard as drawing
from benchmarks.studies import growth as growing
from benchmarks.studies import idle as idling
from benchmarks.studies import logins as logging_in
from benchmarks.studies import memory as weighing
from benchmarks.studies import metrics as recording
from benchmarks.studies import overload as overloading
from benchmarks.studies import partitions as partitioning
from benchmarks.studies import search as searching
from benchmarks.studies import starts as starting
from benchmarks.studies.timing import Durations

group = typer.Typer(help=__doc__, no_args_is_help=True)
console = Console(highlight=False)

Seconds = Annotated[float, typer.Option(help="For each run.", min=1)]


@group.command()
def growth(orders: Annotated[int, typer.Option(min=1000)] = 1_000_000) -> None:
    """Compare a shop that has many orders with a shop that has ten thousand orders."""
    with server() as postgres:
        console.print(f"Making {orders:,} orders, some ten times as many rows")
        _show(asyncio.run(growing.measure(postgres, orders)))


@group.command()
def idle() -> None:
    """Compare how long an idle service takes to place one order with and without batching."""
    with _shop() as (postgres, database, shop):
        _show(asyncio.run(idling.measure(postgres, database, shop)))


@group.command()
def memory(requests: Annotated[int, typer.Option(min=1000)] = 1_000_000) -> None:
    """Measure the memory of the service while the service answers many requests."""
    with _shop() as (postgres, database, shop):
        for sample in weighing.measure(postgres, database, shop, requests):
            console.print(f"{sample.requests:12,} requests  {sample.mebibytes:7.1f} MiB")


@group.command()
def logins(seconds: Seconds = 4) -> None:
    """Compare the latency of reads with and without concurrent log-ins."""
    with _shop() as (postgres, database, shop):
        for round_ in logging_in.measure(postgres, database, shop, seconds):
            ratio = round_.beside.p99_ms / round_.alone.p99_ms
            console.print(
                f"p99 alone {round_.alone.p99_ms:6.0f} ms at {round_.alone.per_second:6,.0f}/s, beside log-ins"
                f" {round_.beside.p99_ms:6.0f} ms at {round_.beside.per_second:6,.0f}/s: {ratio:.2f}x,"
                f" {round_.log_ins.done} log-ins, {round_.log_ins.refused} refused"
            )


@group.command()
def dashboard(seconds: Seconds = 20) -> None:
    """Draw the metrics of a service under changing load."""
    with _shop() as (postgres, database, shop):
        drawing.draw(drawing.record(postgres, database, shop, seconds=seconds))
    console.print(f"Drawn: {drawing.PICTURE}")


@group.command()
def metrics() -> None:
    """Measure how much CPU time the service uses to record the metrics of one request."""
    for title, (least, middle, most) in recording.measure().items():
        console.print(f"min {least:5.2f}  median {middle:5.2f}  max {most:5.2f} µs  {title}")


@group.command()
def partitions(records: Annotated[int, typer.Option(min=10_000)] = 1_000_000) -> None:
    """Compare idempotency records in one table and in partitions."""
    with server() as postgres:
        console.print(f"Making {records:,} records twice")
        for title, cost in asyncio.run(partitioning.measure(postgres, records)).items():
            console.print(f"{cost!s:>42}  {title}")


@group.command()
def search(products: Annotated[int, typer.Option(min=20_000)] = 1_000_000) -> None:
    """Show how many rows searches read in a large catalog, as measured by EXPLAIN ANALYZE."""
    with server() as postgres:
        console.print(f"Making {products:,} products")
        reads = asyncio.run(searching.measure(postgres, products))
    for read in reads:
        console.print(
            f"{read.products:3} found, {read.rows:9,} rows read, {read.milliseconds:8.1f} ms in the database  {read.query}",
            soft_wrap=True,
        )


@group.command()
def starts() -> None:
    """Measure the time from the start of the command `serve` to the first response."""
    with _shop() as (postgres, database, shop):
        for start in starting.measure(postgres, database, shop):
            console.print(f"{start.seconds:6.2f} s  {start.title}")


@group.command()
def overload(
    seconds: Seconds = 5,
    connections: Annotated[
        int, typer.Option(help="Connections of the overload.", min=64)
    ] = overloading.CONNECTIONS,
    rounds: Annotated[int, typer.Option(min=1)] = 6,
) -> None:
    """Send five times as many requests per second as the service can process."""
    fractions: list[float] = []
    with _shop() as (postgres, database, shop):
        for found in overloading.measure(
            postgres, database, shop, seconds=seconds, connections=connections, rounds=rounds
        ):
            fractions.append(found.fraction_of_best)
            for title, measured in (
                ("before", found.before),
                ("overload", found.during),
                ("after", found.after),
            ):
                console.print(
                    f"{title:9} {measured.per_second:7,.0f} placed/s, {measured.refused / measured.seconds:7,.0f} refused/s,"
                    f" p99 {measured.p99_ms:6.0f} ms, slowest {measured.max_ms:6.0f} ms, {measured.timeouts} timeouts"
                )
            console.print(
                f"{found.fraction_of_best:.0%} of the best throughput, at {found.offered_per_second:,.0f} requests/s;"
                f" the load generator took {found.generator_cores:.2f} cores"
            )
    console.print(
        f"median {median(fractions):.0%} of the best throughput, {min(fractions):.0%} to {max(fractions):.0%}"
    )


@contextmanager
def _shop() -> Iterator[tuple[Server, str, Shop]]:
    with server() as postgres:
        shop = open_shop(postgres, Size())
        with postgres.copy(shop.template) as database:
            yield postgres, database, shop


def _show(durations: dict[str, Durations]) -> None:
    for title, found in durations.items():
        console.print(f"p50 {found.p50_ms:8.2f} ms  p99 {found.p99_ms:8.2f} ms  {title}")
