"""Keep PostgreSQL running while any process uses it.

`python -m adapters.embedded_postgres.supervisor DATA_DIR SETTINGS` runs in the background. If the server cannot
start, the program writes the reason to standard error. Warnings during the start are also written there. When the
server runs, the program closes the standard error that it inherited.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NoReturn

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.binaries import find_binaries
from adapters.embedded_postgres.cluster import ensure_cluster
from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.handover import hand_over
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.locks import try_lock
from adapters.embedded_postgres.postmaster import Postmaster
from adapters.embedded_postgres.sockets import prepare_socket_directory, remove_socket_directory

TICK = 0.2
LARGEST_LOG = 1_000_000


def supervise(layout: Layout, settings: Mapping[str, str]) -> None:
    """Run the server until the last lease ends.

    Return immediately if another supervisor runs the server. Raises EmbeddedPostgresError.
    """
    with layout.supervisor_lock.open("a") as state, layout.lease.open("a") as lease:
        if not try_lock(state):
            return
        account = Account.for_layout(layout)
        _check_reach(layout, account)
        hand_over(layout, account)
        binaries = find_binaries(layout, account)
        ensure_cluster(layout, account, binaries, durable=settings.get("fsync") != "off")
        socket_directory = prepare_socket_directory(layout, account)
        if layout.log.stat().st_size > LARGEST_LOG:
            os.truncate(layout.log, 0)
        postmaster = Postmaster(layout, account, binaries, socket_directory, settings)
        try:
            _restart(postmaster, state)
            _detach_standard_error(layout)
            while not try_lock(lease):
                if not postmaster.is_serving:
                    _restart(postmaster, state)
                time.sleep(TICK)
        finally:
            state.truncate(0)
            postmaster.stop()
            remove_socket_directory(layout, socket_directory)


def _restart(postmaster: Postmaster, state: IO[str]) -> None:
    state.truncate(0)
    postmaster.stop()
    postmaster.start()
    state.write(f"{postmaster.socket_directory}\n")
    state.flush()


def _check_reach(layout: Layout, account: Account) -> None:
    if not account.is_another or account.can_enter(layout.home):
        return
    layout.home.chmod(0o711)
    if not account.can_enter(layout.home):
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and the account it runs as (user {account.uid}) cannot enter "
            f"{layout.data_dir}: set STEELYARD_DATA_DIR to a directory that lies in no private one."
        )


def _detach_standard_error(layout: Layout) -> None:
    """Close the pipe to the process that started the supervisor.

    When the pipe is closed, that process knows that the server is ready.
    """
    with layout.log.open("a") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())


def main() -> NoReturn:
    data_dir, settings = sys.argv[1:]
    if os.fork():
        os._exit(0)
    # If SIGTERM is sent to the process group, the service and the supervisor get the signal. The supervisor ignores
    # the signal, because the service still needs PostgreSQL to finish its requests.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        supervise(Layout(Path(data_dir)), json.loads(settings))
    except (EmbeddedPostgresError, OSError) as error:
        sys.exit(str(error))
    sys.exit()


if __name__ == "__main__":
    main()
