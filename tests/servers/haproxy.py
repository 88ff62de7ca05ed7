"""HAProxy with the configuration of `deploy/`, in front of a server of a test."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import pytest

from tests.e2e.serving import CHECKOUT, free_port

CONFIGURATION = CHECKOUT / "deploy" / "haproxy" / "haproxy.cfg"
TRIES = 500


def find_haproxy() -> str:
    """Return the program. Skips the test where there is none, and fails it for root in CI, which can install it."""
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        must_exist = "CI" in os.environ and os.geteuid() == 0 and shutil.which("apt-get") is not None
        (pytest.fail if must_exist else pytest.skip)("There is no haproxy here.")
    return found


@contextmanager
def haproxy(directory: Path, service_port: int, changes: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run HAProxy in front of a port of this machine, and yield its own port.

    `changes` replaces directives of the configuration, so that tests need not wait for its timeouts.
    """
    program = find_haproxy()
    text = CONFIGURATION.read_text()
    for old, new in (changes or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    configuration = directory / "haproxy.cfg"
    configuration.write_text(text)
    port = free_port()
    addresses = {"PROXY_LISTEN": f"127.0.0.1:{port}", "SERVICE_ADDRESS": f"127.0.0.1:{service_port}"}
    process = subprocess.Popen(
        [program, "-db", "-f", str(configuration)],
        env={**os.environ, **addresses},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_listener(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await_listener(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(TRIES):
        assert process.poll() is None, "HAProxy does not start."
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            sleep(0.01)
        else:
            return
    raise RuntimeError("HAProxy does not listen.")
