"""The worker process that `serve` starts and stops."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from entrypoints.cli.address import Address
from entrypoints.cli.program import child_command, child_environment

STOP_SECONDS = 15
"""A stopping worker must finish its current jobs within this number of seconds."""

RESTART_SECONDS = 1.0
POLL_SECONDS = 0.1

_log = structlog.get_logger(__name__)


@contextmanager
def worker_process(address: Address) -> Iterator["WorkerProcess"]:
    """Run a worker that reads its settings from the environment. Restart the worker when it exits.

    The worker starts when the service at `address` answers, so that the worker does not delay the service's start.
    """
    worker = WorkerProcess(address)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


class WorkerProcess:
    """The process of the worker. The process stops when its standard input is closed.

    If `serve` ends or is killed, the standard input of this process is closed, too.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._is_stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="watch worker", daemon=True)

    def start(self) -> None:
        self._watcher.start()

    def stop(self) -> None:
        self._is_stopping.set()
        self._watcher.join()
        if self._process is not None:
            _stop(self._process)

    def reload(self) -> None:
        """Let the process reload its log levels and signing keys."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def _watch(self) -> None:
        while not self._address.answers():
            if self._is_stopping.wait(POLL_SECONDS):
                return
        self._process = _start()
        while not self._is_stopping.wait(RESTART_SECONDS):
            code = self._process.poll()
            if code is not None:
                _log.error("the worker exited and is restarted", exit_code=code)
                self._process = _start()


def _start() -> subprocess.Popen[bytes]:
    # Without a handler, SIGHUP would end the worker. The worker therefore starts with SIGHUP blocked, installs a
    # handler, and then unblocks SIGHUP.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        return subprocess.Popen(  # noqa: S603 - runs this program with constant options
            child_command("worker", "--until-stdin-closes"),
            env=child_environment(),
            stdin=subprocess.PIPE,
            # The worker runs in a separate POSIX session, so that Ctrl-C reaches only `serve`. After the last
            # response, `serve` stops the worker.
            start_new_session=True,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
        return
    process.kill()
    process.wait()
