import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.rate_limits.in_process import InProcessRateLimiter
from adapters.rate_limits.valkey import TIMEOUT, ValkeyRateLimiter, connect
from tests.kit.stopwatch import Stopwatch
from tests.servers.valkey import ValkeyServer, valkey_server


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    # A socket's path can have at most 107 bytes, but paths in pytest's directories are longer.
    with (
        tempfile.TemporaryDirectory(prefix="steelyard-") as directory,
        valkey_server(Path(directory)) as server,
    ):
        yield server


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
async def processes(
    server: ValkeyServer, stopwatch: Stopwatch, request: pytest.FixtureRequest
) -> AsyncIterator[list[ValkeyRateLimiter]]:
    """Limiters of two processes on one server.

    By default, the limiters have the same timeout as the service. A test can set another timeout.
    """
    timeout = getattr(request, "param", TIMEOUT)
    limiters = [
        ValkeyRateLimiter(
            connect(server.url, timeout=timeout), InProcessRateLimiter(clock=stopwatch), clock=stopwatch
        )
        for _ in range(2)
    ]
    yield limiters
    for limiter in limiters:
        await limiter.close()
