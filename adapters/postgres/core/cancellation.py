"""Cancellation of tasks that use a connection, also by Ctrl-C."""

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def run_interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as `asyncio.run` does, but let the event loop handle Ctrl-C.

    `asyncio.run` cancels the work in a Python signal handler. Such a handler can run in the middle of a callback of
    the event loop. The callback then fails, because its future was canceled after the check. If another thread gets
    the signal, the handler does not run until the loop wakes up.

    Here, the Python signal handler only records that Ctrl-C was pressed. A signal handler of the event loop cancels
    the work. It runs between two callbacks, and the signal wakes up the loop.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed. The work was canceled, unless it had just ended.
    """
    if not _ctrl_c_raises():
        return asyncio.run(work)
    pressed = asyncio.Event()
    try:
        return asyncio.run(_canceled_by_ctrl_c(work, pressed))
    finally:
        if pressed.is_set():
            raise KeyboardInterrupt from None


def _ctrl_c_raises() -> bool:
    """Return whether Ctrl-C would raise KeyboardInterrupt in this thread."""
    is_main_thread = threading.current_thread() is threading.main_thread()
    return is_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler


async def _canceled_by_ctrl_c(work: Coroutine[Any, Any, T], pressed: asyncio.Event) -> T:
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)

    def cancel() -> None:
        loop.remove_signal_handler(signal.SIGINT)  # a second Ctrl-C raises KeyboardInterrupt at once
        task.cancel()

    loop.add_signal_handler(signal.SIGINT, cancel)
    # If only the loop had a handler, it would not notice Ctrl-C in the last moments of the work.
    signal.signal(signal.SIGINT, lambda *_: pressed.set())
    return await task  # `asyncio.run` removes the handlers when it closes the loop


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
