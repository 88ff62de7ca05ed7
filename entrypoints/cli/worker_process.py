"""A worker that runs beside the service, and ends with it."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from entrypoints.cli.address import Address

STOP_SECONDS = 15
"""How long the worker may take to finish what it has begun."""

RESTART_SECONDS = 1.0
TICK_SECONDS = 0.1

_log = structlog.get_logger(__name__)
_ROOT = Path(__file__).parents[2]


@contextmanager
def worker_beside(address: Address) -> Iterator[None]:
    """Run a worker with the environment's settings, and another one whenever it ends by itself.

    It begins when the service answers at `address`: while that starts, nobody takes its processor from it.
    """
    worker = _Worker(address)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


class _Worker:
    """The worker's process. It ends when the other end of its standard input is gone: also if we are killed."""

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
            _end(self._process)

    def _watch(self) -> None:
        while not self._address.answers():
            if self._is_stopping.wait(TICK_SECONDS):
                return
        self._process = _start()
        while not self._is_stopping.wait(RESTART_SECONDS):
            code = self._process.poll()
            if code is not None:
                _log.error("the worker has ended, and is started again", exit_code=code)
                self._process = _start()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "entrypoints", "worker", "--beside"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        # A session of its own: Ctrl-C in a terminal is for us, and we end it when all requests are answered.
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
        return
    process.kill()
    process.wait()
