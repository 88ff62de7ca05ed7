"""Handling of Ctrl-C while a command uses a connection."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence_abandoned_connections() -> Iterator[None]:
    """Stop logging errors of the event loop when the task is canceled.

    A cancellation makes asyncpg abandon a future of its connection, which the event loop would report. Use
    this function only where the cancellation ends the process.
    """
    try:
        yield
    except asyncio.CancelledError:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        raise
