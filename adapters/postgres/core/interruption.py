"""Ctrl-C while a command uses a connection."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence_abandoned_connections() -> Iterator[None]:
    """If the task is cancelled, log no more errors of the event loop: asyncpg abandons a future of its connection.

    Use it only where the cancellation ends the process.
    """
    try:
        yield
    except asyncio.CancelledError:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        raise
