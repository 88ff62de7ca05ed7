"""The processes that use or supervise an embedded server. Tests kill these processes."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]  # two calls do not justify a stub package

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.lease import CHECKOUT, SUPERVISOR
from adapters.embedded_postgres.pid_file import PidFile
from tests.servers.databases import connected
from tests.servers.embedded import is_free

LIMIT = 60  # the maximum wait in seconds for an event that normally happens immediately
# The operating system keeps running in these tests, so written data need not be flushed to disk.
SETTINGS = {"fsync": "off"}
HOLD = f"""
import sys
from pathlib import Path
from adapters.embedded_postgres import EmbeddedPostgres

with EmbeddedPostgres(Path(sys.argv[1]), {SETTINGS}).lease() as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that uses the server."""

    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(LIMIT)

    def leave(self) -> None:
        self.process.communicate(timeout=LIMIT)


def embedded(data_dir: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir, SETTINGS)


@contextmanager
def hold(data_dir: Path, *, python: str = sys.executable, account: Account | None = None) -> Iterator[Holder]:
    process = start_holder(data_dir, python=python, account=account)
    try:
        yield holder_of(process)
    finally:
        process.kill()
        process.communicate(timeout=LIMIT)


def start_holder(
    data_dir: Path, *, python: str = sys.executable, account: Account | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-c", HOLD, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), *sys.path[1:]])},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def holder_of(process: subprocess.Popen[str]) -> Holder:
    assert process.stdout is not None
    return Holder(process, process.stdout.readline().strip())


def supervisors(data_dir: Path) -> Sequence[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if {SUPERVISOR, str(data_dir)} <= set(process.info["cmdline"] or [])
    ]


def postmaster(data_dir: Path) -> int:
    file = PidFile.read(Layout(data_dir).cluster)
    assert file is not None
    return file.pid


def is_replaced(data_dir: Path, former: int) -> bool:
    file = PidFile.read(Layout(data_dir).cluster)
    return file is not None and file.pid != former


def kill(*pids: int) -> None:
    """Kill all processes at the same time, so that no process can react to the end of another process."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await_that(lambda: all(map(is_dead, pids)))


def is_dead(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def await_that(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def await_nothing_running(data_dir: Path) -> None:
    layout = Layout(data_dir)
    await_that(lambda: is_free(layout.supervisor_lock) and is_free(layout.server_lock))


async def keep_a_row(url: str) -> int:
    """Insert a row, and return the number of rows that must exist from now on."""
    async with connected(url) as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        await connection.execute("INSERT INTO kept VALUES (1)")
        return int(await connection.fetchval("SELECT count(*) FROM kept"))


async def rows(url: str) -> int:
    async with connected(url) as connection:
        return int(await connection.fetchval("SELECT count(*) FROM kept"))


async def rows_when_it_is_back(url: str) -> int:
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                return await rows(url)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.05)
