"""Cancellation of tasks that use a connection, also by Ctrl-C."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

WAKE_UP_SECONDS = 0.5


def run_interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as `asyncio.run` does, but end at Ctrl-C even if another thread gets the signal.

    Python runs signal handlers only in the main thread. If another thread gets the signal while the event loop waits
    in the main thread, the handler does not run until the loop wakes up. Therefore this function makes the loop wake
    up every half second.
    """
    return asyncio.run(_with_wake_ups(work))


async def _with_wake_ups(work: Coroutine[Any, Any, T]) -> T:
    _wake_up(asyncio.get_running_loop())
    return await work


def _wake_up(loop: asyncio.AbstractEventLoop) -> None:
    loop.call_later(WAKE_UP_SECONDS, _wake_up, loop)


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
