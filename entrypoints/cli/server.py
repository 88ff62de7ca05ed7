"""The HTTP server: one parent that starts workers, watches them, and stops them."""

import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from entrypoints.cli.address import Address

CONNECTIONS = 8192
"""Connections of one worker, idle ones included: far more than there are places in the queues behind, so that a crowd is
told that the service is busy. More of them wait in the kernel, as many again."""
HEADER_SECONDS = 30
"""A client that has not sent its next request's headers by then loses its connection, also an idle one."""
HEADER_BUFFER_BYTES = 64 * 1024
"""Headers of more than about twice this are answered with 431."""
STOP_SECONDS = 15
"""How long requests may take to end before a worker is killed: longer than the app waits for them by itself."""

THROUGH_ROOT = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}
"""Granian's own log goes where everything is logged, and has no line for each request: the app logs those."""


def serve_http(address: Address, *, workers: int) -> None:
    """Serve until SIGINT or SIGTERM. Requests that have begun are answered first.

    Raises SystemExit when a worker cannot start, or dies as soon as it has been replaced.
    """
    # A fresh interpreter for each worker: a forked one would inherit the parent's threads' locks, and its open files,
    # among them those whose locks say that the embedded database is in use.
    multiprocessing.set_start_method("spawn", force=True)
    _allow_as_many_files()
    _Server(
        target="entrypoints.asgi:app",
        address=address.ip,
        port=address.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BUFFER_BYTES
        ),
        log_level=LogLevels.warning,
        log_dictconfig=THROUGH_ROOT,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve(target_loader=load_app, wrap_loader=False)


def _allow_as_many_files() -> None:
    """Let this process and its workers open as many files as the system permits: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class _Server(MPServer):
    def startup(self, spawn_target: Callable[..., None], target_loader: Callable[..., object]) -> None:
        """Start the workers deaf to Ctrl-C, which a terminal sends to all of them: the parent stops them in order."""
        with _interrupts_held_back():
            super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call] # Granian has no types there


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    resource_tracker.ensure_running()  # multiprocessing's own process; starting it would let interrupts in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def load_app() -> Callable[..., Any]:
    """Make the app of a worker, which ends with its parent even where that was killed."""
    from entrypoints.asgi import app

    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    return app()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("This is for worker processes.")
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
