"""The process of the fake Stripe API."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def fake_stripe() -> Iterator[str]:
    """Start the fake, and yield the root URL of its API."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.fake_stripe"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()
