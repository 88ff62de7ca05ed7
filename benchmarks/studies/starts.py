"""Measure the time from the start of the command `serve` to the first response."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import steelyard
from benchmarks.database import Server
from benchmarks.processes import free_port, serving
from benchmarks.shop import Shop

TIMES = 3
OWN_DATA = Path(".data/benchmarks-start")


@dataclass(frozen=True, slots=True)
class Start:
    title: str
    seconds: float


def measure(server: Server, database: str, shop: Shop) -> Iterator[Start]:
    """Measure starts on a running server, on a new embedded database, and on an existing embedded database."""
    service = steelyard()
    for _ in range(TIMES):
        with service.running(server, database, shop) as running:
            yield Start("on a database that is there", running.started_in)
    shutil.rmtree(OWN_DATA, ignore_errors=True)
    try:
        for number in range(TIMES + 1):
            port = free_port()
            command = [word.format(port=port) for word in service.command]
            with serving(
                command,
                {"STEELYARD_DATA_DIR": str(OWN_DATA)},
                port=port,
                log=OWN_DATA.with_suffix(".log"),
            ) as running:
                title = "on an embedded database" if number else "on a new embedded database"
                yield Start(title, running.started_in)
    finally:
        shutil.rmtree(OWN_DATA, ignore_errors=True)
        OWN_DATA.with_suffix(".log").unlink(missing_ok=True)
