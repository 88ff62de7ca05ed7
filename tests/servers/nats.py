"""A NATS server with JetStream for one test."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import Any

import pytest

VARIABLE = "STEELYARD_TEST_NATS"
"""This environment variable can name a server program for the tests, such as /usr/sbin/nats-server."""
TRIES = 500


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class NatsServer:
    """A server on a loopback port. A test can stop, pause or kill the server.

    The server stores its streams in a directory.
    """

    directory: Path
    options: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, and wait until the streams are available."""
        settings = (
            "--addr",
            "127.0.0.1",
            "--port",
            str(self.port),
            "-js",
            "--store_dir",
            str(self.directory),
        )
        self._process = subprocess.Popen(
            [find_server(), *settings, *self.options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(TRIES):
            try:
                greeting = self._greeting()
            except (ConnectionError, ValueError):
                sleep(0.01)
            else:
                assert greeting["jetstream"]
                return
        raise RuntimeError("The NATS server does not answer.")

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

    def _greeting(self) -> dict[str, Any]:
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, timeout=10) as connection, connection.makefile() as lines:
            greeting: dict[str, Any] = json.loads(lines.readline().removeprefix("INFO "))
            return greeting

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


def find_server() -> str:
    """Return the path of the server's program, preferably from the Python environment.

    If the program is missing, the test is skipped. In CI, the test fails instead.
    """
    found = (
        os.environ.get(VARIABLE)
        or shutil.which("nats-server", path=Path(sys.executable).parent)
        or shutil.which("nats-server")
    )
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("There is no nats-server here.")
    return found


@contextmanager
def nats_server(directory: Path, *options: str) -> Iterator[NatsServer]:
    server = NatsServer(directory, options)
    server.start()
    try:
        yield server
    finally:
        server.kill()
