"""Cancellation of tasks that use a connection."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


async def run_to_completion(work: Coroutine[Any, Any, T]) -> T:
    """Run the work to completion. If the caller is canceled, raise CancelledError afterwards."""
    task = asyncio.create_task(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is not None:
        raise cancellation from None if task.cancelled() else task.exception()
    return task.result()


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
