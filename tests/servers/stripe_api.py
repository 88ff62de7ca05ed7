"""The process of the fake Stripe API."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.kit.children import started


@contextmanager
def fake_stripe() -> Iterator[str]:
    """Start the fake, and yield the root URL of its API."""
    command = [sys.executable, "-m", "tests.servers.fake_stripe"]
    with started(command, seconds=None, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
