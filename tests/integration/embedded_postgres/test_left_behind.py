import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.embedded_postgres import EmbeddedPostgresError
from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.binaries import find_binaries
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.locks import try_lock
from adapters.embedded_postgres.pid_file import PidFile
from adapters.embedded_postgres.sockets import prepare_socket_directory
from tests.integration.embedded_postgres.actors import (
    LIMIT,
    await_nothing_running,
    await_that,
    embedded,
    hold,
    keep_a_row,
    kill,
    postmaster,
    rows,
    supervisors,
)


async def test_process_with_a_reused_process_id_is_not_killed(
    data_dir: Path,
) -> None:
    with hold(data_dir) as holder:
        kept = await keep_a_row(holder.url)
        kill(holder.process.pid, *supervisors(data_dir), postmaster(data_dir))
    await_nothing_running(data_dir)

    with stranger(data_dir) as bystander:
        file = PidFile.path(Layout(data_dir).cluster)
        _, *others = file.read_text().splitlines()
        file.write_text("\n".join([str(bystander.pid), *others]))

        with embedded(data_dir).lease() as url:
            assert await rows(url) == kept

        assert bystander.poll() is None


async def test_server_without_a_supervisor_is_stopped_before_a_new_server_starts(data_dir: Path) -> None:
    with embedded(data_dir).lease() as url:
        kept = await keep_a_row(url)
    await_nothing_running(data_dir)

    with server_without_supervisor(data_dir, ours=True) as orphan:
        with embedded(data_dir).lease() as url:
            assert await rows(url) == kept
            assert postmaster(data_dir) != orphan.pid

        assert orphan.wait(LIMIT) == 0


async def test_service_does_not_stop_a_manually_started_postgresql_server(data_dir: Path) -> None:
    with server_without_supervisor(data_dir, ours=False) as by_hand:
        with (
            pytest.raises(EmbeddedPostgresError, match="started by hand"),
            embedded(data_dir).lease(),
        ):
            pass

        assert by_hand.poll() is None

    with embedded(data_dir).lease() as url:
        await keep_a_row(url)


@contextmanager
def stranger(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An unrelated process that runs under the account of the server."""
    account = Account.for_layout(Layout(data_dir))
    with Layout(data_dir).log.open("a") as log:
        process = account.start(["/bin/sleep", "600"], log=log, keep_open=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait(LIMIT)


@contextmanager
def server_without_supervisor(data_dir: Path, *, ours: bool) -> Iterator[subprocess.Popen[bytes]]:
    layout = Layout(data_dir)
    account = Account.for_layout(layout)
    directory = prepare_socket_directory(layout, account)
    command = [
        find_binaries(layout, account)["postgres"],
        "-D",
        str(layout.cluster),
        "-k",
        str(directory),
        "-h",
        "",
    ]
    with layout.server_lock.open("a") as lock, layout.log.open("a") as log:
        if ours:
            assert try_lock(lock)
        process = account.start(command, log=log, keep_open=lock)
    await_that(lambda: (file := PidFile.read(layout.cluster)) is not None and file.is_ready())
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # a "fast" shutdown, which ends connections
        process.wait(LIMIT)
