"""HAProxy with the configuration of `deploy/`, in front of a test's server."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep

import pytest

from tests.e2e.serving import CHECKOUT, free_port

CONFIGURATION = CHECKOUT / "deploy" / "haproxy" / "haproxy.cfg"
TRIES = 500


def find_haproxy() -> str:
    """Return the path of HAProxy.

    If HAProxy is missing, the test is skipped. If the tests run as root in CI, the test fails instead,
    because CI can install the program.
    """
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        must_exist = "CI" in os.environ and os.geteuid() == 0 and shutil.which("apt-get") is not None
        (pytest.fail if must_exist else pytest.skip)("There is no haproxy here.")
    return found


@dataclass(slots=True)
class HAProxy:
    """A proxy with the configuration of `deploy/`.

    `changes` replaces directives of the configuration, so that tests need not wait for the configured timeouts.
    """

    directory: Path
    service_port: int
    changes: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> None:
        """Start a new proxy process. The previous process waits until its connections are closed, and then ends."""
        text = CONFIGURATION.read_text()
        for old, new in self.changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        configuration = self.directory / "haproxy.cfg"
        configuration.write_text(text)
        former = ["-sf", str(self._processes[-1].pid)] if self._processes else []
        addresses = {
            "PROXY_LISTEN": f"127.0.0.1:{self.port}",
            "SERVICE_ADDRESS": f"127.0.0.1:{self.service_port}",
        }
        process = subprocess.Popen(
            [find_haproxy(), "-db", "-f", str(configuration), *former],
            env={**os.environ, **addresses},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        _await_listener(process, self.port)

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@contextmanager
def haproxy(directory: Path, service_port: int, changes: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run HAProxy in front of a port of this machine, and yield the port of HAProxy."""
    proxy = HAProxy(directory, service_port, changes or {})
    try:
        proxy.start()
        yield proxy.port
    finally:
        proxy.kill()


def _await_listener(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(TRIES):
        assert process.poll() is None, "HAProxy does not start."
        try:
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
        except ConnectionRefusedError:
            sleep(0.01)
        else:
            return
    raise RuntimeError("HAProxy does not listen.")
