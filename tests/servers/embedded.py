"""The embedded PostgreSQL, for machines without a container engine."""

import fcntl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.binaries import find_binaries
from adapters.embedded_postgres.layout import Layout
from tests.servers.forgetful import FORGETFUL

END_SECONDS = 60


@contextmanager
def embedded_server() -> Iterator[str]:
    with data_directory() as data_dir, EmbeddedPostgres(data_dir, FORGETFUL).lease() as url:
        yield url


def embedded_version() -> str:
    with data_directory() as data_dir:
        return find_binaries(layout := Layout(data_dir), Account.for_layout(layout)).version


@contextmanager
def data_directory() -> Iterator[Path]:
    """Yield a temporary directory that PostgreSQL's account can enter.

    The directory is removed after the server in this directory has ended.
    """
    with tempfile.TemporaryDirectory(prefix="steelyard-") as directory:
        data_dir = Path(directory)
        data_dir.chmod(0o711)
        yield data_dir
        await_end(data_dir)


def await_end(data_dir: Path) -> None:
    """Wait until the supervisor and all server processes have ended.

    Raises AssertionError if the server still runs after the time limit. In this case, a test has left a process
    running that uses the server.
    """
    deadline = time.monotonic() + END_SECONDS
    for lock in (Layout(data_dir).supervisor_lock, Layout(data_dir).server_lock):
        while lock.exists() and not is_free(lock):
            assert time.monotonic() < deadline, f"The server of {data_dir} still runs."
            time.sleep(0.01)


def is_free(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
