"""Servers as child processes on unused local ports. When a server is stopped, its descendants are stopped too."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

START_SECONDS = 90
STOP_SECONDS = 20
POLL_SECONDS = 0.01


class DidNotStart(Exception):
    """A server did not answer. The message contains the end of the server's output."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running server. `started_in` is the number of seconds from the start of the process to the first response."""

    url: str
    pid: int
    started_in: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    port: int,
    log: Path,
    cwd: Path | None = None,
    answers: str = "/livez",
) -> Iterator[Running]:
    """Run a server until the context ends. Raises DidNotStart.

    The server is yielded after its first response.
    """
    url = f"http://127.0.0.1:{port}"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the commands are constants
            list(command),
            env={**inherited_environment(), **environment},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not _answers(url + answers):
                if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                    raise DidNotStart(f"{command[0]} did not answer:\n{_end_of(log)}")
                time.sleep(POLL_SECONDS)
            yield Running(url, process.pid, time.perf_counter() - began)
        finally:
            _stop(process)


def inherited_environment() -> dict[str, str]:
    """Return the environment of this process without variables that configure the servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("STEELYARD_", "PG"))}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - the URL always begins with http://127.0.0.1
            return bool(response.status == 200)  # noqa: PLR2004 - 200 is the HTTP status OK
    except (URLError, OSError):
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Terminate the server, then kill the processes that are left in the server's POSIX session."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
