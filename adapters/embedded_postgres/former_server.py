"""Stop a server whose supervisor was killed."""

import signal
import time
from collections.abc import Callable
from typing import IO

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.locks import try_lock
from adapters.embedded_postgres.pid_file import PidFile

# The signals to stop a server, with the seconds to wait after each signal: fast shutdown, immediate shutdown
# (the next start recovers the data), and SIGKILL.
ESCALATION = ((signal.SIGINT, 20), (signal.SIGQUIT, 10), (signal.SIGKILL, 5))


def end_former_server(layout: Layout, account: Account, server_lock: IO[str]) -> None:
    """Stop a former server whose supervisor has ended, then take the server lock.

    If the postmaster has ended as well, its child processes end by themselves. The function waits for them.

    The lock file of the former postmaster contains its process id. Another program may have this id now.
    PostgreSQL would then refuse to start. Therefore the lock file is deleted.

    Raises EmbeddedPostgresError if the former server does not stop, or if a server was started by hand.
    """
    if not try_lock(server_lock):
        _end(layout, account, lambda: try_lock(server_lock))
    former = PidFile.read(layout.cluster)
    if former and former.is_true():
        raise EmbeddedPostgresError(
            f"A PostgreSQL that was started by hand (process {former.pid}) uses {layout.cluster}: stop it first."
        )
    PidFile.path(layout.cluster).unlink(missing_ok=True)


def _end(layout: Layout, account: Account, gone: Callable[[], bool]) -> None:
    for how, seconds in ESCALATION:
        former = PidFile.read(layout.cluster)
        if former and former.is_true():
            account.signal(former.pid, how)
        if _within(seconds, gone):
            return
    raise EmbeddedPostgresError(f"A former PostgreSQL in {layout.cluster} does not end: kill its processes.")


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
