"""If Ctrl-C interrupts a migration that is connecting, no error about an abandoned connection is logged."""

import asyncio
import gc
import logging
import socket
from contextlib import suppress

import pytest

from adapters.postgres.core.migrations import _migrate


@pytest.mark.parametrize("turns", [4, 5])
def test_canceled_connection_attempt_logs_nothing(turns: int, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, caplog.at_level(logging.ERROR, "asyncio"):
        port = mute.getsockname()[1]
        asyncio.run(_interrupt(f"postgresql+asyncpg://nobody:none@127.0.0.1:{port}/none", after=turns))
        gc.collect()
    assert caplog.messages == []


async def _interrupt(url: str, *, after: int) -> None:
    task = asyncio.create_task(_migrate(url, lambda _: None))
    for _ in range(after):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
