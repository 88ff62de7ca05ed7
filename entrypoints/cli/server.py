"""The HTTP server: a parent process that starts, watches and stops the serving processes.

While the parent prepares the database, the serving processes import the service. Then the parent sends environment
variables to the serving processes, and each of them creates its app.
"""

import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import Enum, auto
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from entrypoints.cli.address import Address
from entrypoints.cli.signals import SignalEvent
from entrypoints.cli.unread_responses import close_unread_connections

if TYPE_CHECKING:
    from starlette.datastructures import State

    from entrypoints.http.middleware.request_drainer import RequestDrainer

CONNECTIONS = 8192
"""The maximum number of connections of one process, including idle connections.

The limit is much higher than the number of requests that the queues accept. If the queues are full, a new request
therefore gets a 503 immediately.

The kernel's backlog can hold the same number of additional connections.
"""
HEADER_SECONDS = 30
"""A connection is closed if the headers of the next request do not arrive within this number of seconds."""
HEADER_BUFFER_BYTES = 64 * 1024
"""If the headers of a request are larger than about twice this number of bytes, the response is a 431."""
STOP_SECONDS = 15
"""The number of seconds from a stop signal until a process is killed.

The app waits a shorter time for running requests.
"""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

LOG_THROUGH_ROOT = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}
"""Granian logs to the root logger. The app, not Granian, writes the access log."""


class _Message(Enum):
    """A message from the parent to a serving process.

    Before the first message, the parent sends the environment variables.
    """

    STOP_SOON = auto()
    RELOAD = auto()


Prepare = Callable[[], Mapping[str, str]]
"""A function that prepares the database.

The function returns the environment variables with which the service finds the database.
"""


def serve_http(
    address: Address,
    *,
    workers: int,
    drain_delay: timedelta,
    unread_response_timeout: timedelta,
    prepare: Prepare,
    reload: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM. Then finish the running requests.

    After the signal, the readiness check fails, but new requests are still accepted for `drain_delay`. A second
    signal ends this delay.

    If a client accepts no data of a response for `unread_response_timeout`, the client's connection is closed.

    At SIGHUP, the parent calls `reload`, and each serving process reloads its files.

    Raises:
        SystemExit: a process cannot start, or exits again right after its restart.
        Exception: the errors of `prepare`.
    """
    # Each process starts with a new interpreter. A forked process would inherit locks and open files of the parent.
    # One of these files is the lease on the embedded database.
    multiprocessing.set_start_method("spawn", force=True)
    _allow_as_many_files()
    _Server(
        prepare,
        reload,
        drain_delay,
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
        log_dictconfig=LOG_THROUGH_ROOT,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve(target_loader=partial(load_app, unread_response_timeout.total_seconds()), wrap_loader=False)


def _allow_as_many_files() -> None:
    """Raise the limit of open files to the maximum, because each connection is an open file."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class _Server(MPServer):
    def __init__(
        self,
        prepare: Prepare,
        reload: Callable[[], None],
        drain_delay: timedelta,
        **options: Any,  # noqa: ANN401 - the options of Granian, whose types vary
    ) -> None:
        super().__init__(**options)
        self.main_loop_interrupt = SignalEvent()  # type: ignore[assignment]  # it has the methods of Event that Granian calls
        self._prepare = prepare
        self._reload_here = reload
        self._drain_delay = drain_delay
        self._prepared: Mapping[str, str] | None = None
        self._workers: dict[int, Connection] = {}

    def startup(self, spawn_target: Callable[..., None], target_loader: Callable[..., object]) -> None:
        """Start the serving processes with SIGINT blocked.

        At Ctrl-C, the terminal sends SIGINT to all processes. Only the parent reacts, and stops the serving processes
        one after another.
        """
        before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
        with _sigint_blocked():
            super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call] # this method of Granian has no types
        try:
            with _handling(before):
                self._prepared = self._prepare()
        except BaseException:
            self._stop_workers()  # type: ignore[no-untyped-call] # this method of Granian has no types
            raise
        for worker in self._workers.values():
            _send(worker, self._prepared)

    def shutdown(self, exit_code: int = 0) -> None:
        """Announce the stop to the serving processes, wait for the drain delay, and then stop them.

        During the delay, load balancers notice that the readiness check fails.
        """
        if self.interrupt_signal and self._drain_delay:
            self.main_loop_interrupt.clear()
            for worker in self._workers.values():
                _send(worker, _Message.STOP_SOON)
            ends = time.monotonic() + self._drain_delay.total_seconds()
            # A second SIGINT or SIGTERM sets the event and ends the delay. A SIGHUP also sets the event, but the
            # delay must continue.
            while self.main_loop_interrupt.wait(max(0, ends - time.monotonic())) and self.reload_signal:
                self.reload_signal = False
                self.main_loop_interrupt.clear()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call] # this method of Granian has no types

    def _reload(self, _spawn_target: Callable[..., None], _target_loader: Callable[..., object]) -> None:
        """Reload files at SIGHUP.

        Without this method, Granian would replace the processes and close all connections.
        """
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        self._reload_here()
        for worker in self._workers.values():
            _send(worker, _Message.RELOAD)

    def _spawn_worker(  # type: ignore[override] # Granian's method has the same parameters without types
        self, idx: int, target: Callable[..., None], callback_loader: Callable[..., object]
    ) -> WorkerProcess:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        self._workers[idx] = sender
        if self._prepared is not None:
            _send(sender, self._prepared)
        worker: WorkerProcess = super()._spawn_worker(idx, target, partial(callback_loader, receiver))
        leave_exit_code_to_parent(worker)
        return worker


def leave_exit_code_to_parent(worker: WorkerProcess) -> None:
    """Prevent the watching thread from reading the exit code of a process that the parent stops.

    An exit code can be read only once. If the watching thread reads the exit code of a stopped process, the parent
    may not notice the end of the process. The parent then logs that it kills the process.

    If a process exits unexpectedly, the watching thread reads the exit code.
    """
    report_exit: Callable[[], None] = worker._watcher  # noqa: SLF001 - Granian has no public method

    def watch() -> None:
        wait([worker.inner.sentinel])
        if not worker.interrupt_by_parent:
            report_exit()

    worker._watcher = watch  # type: ignore[method-assign]  # noqa: SLF001 - Granian runs this method in the watching thread


def _send(worker: Connection, message: Mapping[str, str] | _Message) -> None:
    """Send the variables or a message to a process.

    If the process has exited, nothing is sent. The process that replaces it gets the variables when it starts.
    """
    with suppress(BrokenPipeError):
        worker.send(message)


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    """Use `handlers` instead of Granian's signal handlers until the context ends.

    Granian's handlers only record a signal. Granian's loop reacts to recorded signals, but the loop does not run yet.
    """
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    resource_tracker.ensure_running()  # done first, because the start of the resource tracker unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def load_app(unread_response_seconds: float, receiver: Connection) -> Callable[..., Any]:
    """Wait for the environment variables from the parent process, and then create the app.

    If the parent process ends or is killed, this process ends, too. Raises SystemExit if the parent process ends
    before it sends the variables.
    """
    signal.signal(
        signal.SIGHUP, signal.SIG_IGN
    )  # ignored, because the parent sends RELOAD when it gets SIGHUP
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    close_unread_connections(unread_response_seconds)
    gc.disable()  # garbage collection would take 10% of the import time; `app` enables it again
    from entrypoints.asgi import app

    try:
        os.environ.update(receiver.recv())
    except EOFError:
        sys.exit(1)
    service = app()
    threading.Thread(
        target=_follow, args=(receiver, service.state), name="follow parent", daemon=True
    ).start()
    return service


def _follow(receiver: Connection, state: "State") -> None:
    """Receive messages from the parent until the parent ends, and do what each message requests."""
    drainer: RequestDrainer = state.request_drainer
    with suppress(EOFError):
        while True:
            message = receiver.recv()
            if message is _Message.STOP_SOON:
                drainer.announce_stop()
            elif hasattr(state, "reload"):
                # Before the app starts, `state` has no `reload`. A reload is then not needed, because the app reads
                # the files when it starts.
                state.reload()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("Call this in a serving process only.")
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
