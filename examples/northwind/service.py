"""The service that the demo uses. The demo starts a service if none is running."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entrypoints.cli.address import Address
from entrypoints.setting_names import PREFIX
from examples.northwind.failures import DemoFailed

START_SECONDS = 120
STOP_SECONDS = 30
TICK = 0.05


@contextmanager
def service_at(address: Address) -> Iterator[bool]:
    """Ensure that a service responds at the network address. Raises DemoFailed.

    Yields whether the demo started the service. If the demo started the service, the service uses the settings of the
    demo, and stops when the context ends.
    """
    if address.answers():
        yield False
        return
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "entrypoints", "serve"],
            cwd=Path(__file__).parents[2],
            env=os.environ | {f"{PREFIX}LOG_LEVEL": "warning"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            _await_answer(address, process)
            yield True
        except _Ended:
            log.seek(0)
            complaint = log.read().decode(errors="replace").strip().splitlines() or ["it does not say why"]
            reason = complaint[-1].removeprefix("Error: ")
            raise DemoFailed(f"The service could not be started: {reason}") from None
        finally:
            _stop(process)


class _Ended(Exception):
    pass


def _await_answer(address: Address, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not address.answers():
        if process.poll() is not None:
            raise _Ended
        if time.monotonic() > deadline:
            raise DemoFailed(f"The service did not answer within {START_SECONDS} seconds.")
        time.sleep(TICK)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
