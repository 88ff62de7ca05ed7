"""Handling of Ctrl-C while a command uses a connection."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence_abandoned_connections() -> Iterator[None]:
    """If the task is canceled, stop the logging of errors by the event loop.

    After a cancellation, asyncpg abandons a future of its connection, and the event loop would log an error about
    this future. Use this function only where the cancellation ends the process.
    """
    try:
        yield
    except asyncio.CancelledError:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        raise
