"""Processes of the service. The cluster drill kills these processes and restarts them with unchanged settings."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.e2e.serving import CHECKOUT, PROGRAM, START_SECONDS, STOP_SECONDS
from tests.kit.children import run

POLL_SECONDS = 0.2


@dataclass(slots=True)
class Program:
    """A command of the service. The output of the command is appended to a file.

    A command with a port has a readiness check at `/readyz`.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    port: int | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*PROGRAM, *self.command],
                cwd=CHECKOUT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    def await_ready(self) -> None:
        """Wait until the program is ready. A program without a port is ready as soon as it runs."""
        deadline = time.monotonic() + START_SECONDS
        while self.port is not None and not self._is_ready(self.port):
            assert self._process is not None
            assert self._process.poll() is None, f"{self.name} has ended: {self.log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"{self.name} is not ready: {self.log.read_text()[-2000:]}"
            time.sleep(POLL_SECONDS)

    def restart_killed(self) -> None:
        """Kill the program and its child processes, and start it again."""
        self.kill()
        self.start()
        self.await_ready()

    def restart_stopped(self) -> None:
        """Stop the program with SIGTERM, and start it again."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(STOP_SECONDS)
        assert code == 0, f"{self.name} ended with {code}."
        self.start()
        self.await_ready()

    def kill(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        self._process.kill()
        self._process.wait()
        for child in map(int, children):
            if Path(f"/proc/{child}").exists():
                os.kill(child, 9)

    def run(self, *command: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """Run another command with the settings of this program. Wait until the command ends."""
        return run(
            [*PROGRAM, *command],
            typed=typed,
            check=False,
            cwd=CHECKOUT,
            env={**os.environ, **self.environment},
        )

    def _is_ready(self, port: int) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False
