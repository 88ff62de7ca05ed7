"""The HTTP server: one parent that starts workers, watches them, and stops them.

A worker takes its time to load the service. It does so while the parent prepares what the service needs, and goes on when it
is told that this is done.
"""

import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from entrypoints.cli.address import Address
from entrypoints.gc_tuning import collect_seldom

CONNECTIONS = 8192
"""Connections of one worker, idle ones included: far more than there are places in the queues behind, so that a crowd is
told that the service is busy. More of them wait in the kernel, as many again."""
HEADER_SECONDS = 30
"""A client that has not sent its next request's headers by then loses its connection, also an idle one."""
HEADER_BUFFER_BYTES = 64 * 1024
"""Headers of more than about twice this are answered with 431."""
STOP_SECONDS = 15
"""How long requests may take to end before a worker is killed: longer than the app waits for them by itself."""

_STOPPING = (signal.SIGINT, signal.SIGTERM)

THROUGH_ROOT = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}
"""Granian's own log goes where everything is logged, and has no line for each request: the app logs those."""


Prepare = Callable[[], Mapping[str, str]]
"""Makes ready what the service needs, and returns the environment's variables that say where that is."""


def serve_http(address: Address, *, workers: int, prepare: Prepare) -> None:
    """Serve until SIGINT or SIGTERM. Requests that have begun are answered first.

    Raises what `prepare` raises, and SystemExit when a worker cannot start, or dies as soon as it has been replaced.
    """
    # A fresh interpreter for each worker: a forked one would inherit the parent's threads' locks, and its open files,
    # among them those whose locks say that the embedded database is in use.
    multiprocessing.set_start_method("spawn", force=True)
    _allow_as_many_files()
    _Server(
        prepare,
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
    def __init__(self, prepare: Prepare, **options: Any) -> None:  # noqa: ANN401 - those of Granian
        super().__init__(**options)
        self._prepare = prepare
        self._prepared: Mapping[str, str] | None = None
        self._waiting: list[Connection] = []

    def startup(self, spawn_target: Callable[..., None], target_loader: Callable[..., object]) -> None:
        """Start the workers deaf to Ctrl-C, which a terminal sends to all of them: the parent stops them in order."""
        before = {number: signal.getsignal(number) for number in _STOPPING}
        with _interrupts_held_back():
            super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call] # Granian has no types there
        try:
            with _handling(before):
                self._prepared = self._prepare()
        except BaseException:
            self._stop_workers()  # type: ignore[no-untyped-call] # Granian has no types there
            raise
        for worker in self._waiting:
            _tell(worker, self._prepared)
        self._waiting.clear()

    def _spawn_worker(  # type: ignore[override] # MPServer's own has no more parameters either
        self, idx: int, target: Callable[..., None], callback_loader: Callable[..., object]
    ) -> WorkerProcess:
        told, teller = multiprocessing.Pipe(duplex=False)
        if self._prepared is None:
            self._waiting.append(teller)
        else:
            _tell(teller, self._prepared)
        worker: WorkerProcess = super()._spawn_worker(idx, target, partial(callback_loader, told))
        return worker


def _tell(worker: Connection, prepared: Mapping[str, str]) -> None:
    """Let a worker go on. One that has ended meanwhile is replaced, and its successor told."""
    with suppress(BrokenPipeError):
        worker.send(prepared)


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    """Handle signals so for a while: Granian's handlers only take note of them, for the loop that comes later."""
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    resource_tracker.ensure_running()  # multiprocessing's own process; starting it would let interrupts in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def load_app(told: Connection) -> Callable[..., Any]:
    """Make the app of a worker, which ends with its parent even where that was killed.

    Everything is loaded before the parent is listened to. Raises SystemExit when the parent has gone.
    """
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    collect_seldom()
    from entrypoints.asgi import app

    try:
        os.environ.update(told.recv())
    except EOFError:
        sys.exit(1)
    return app()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("This is for worker processes.")
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
