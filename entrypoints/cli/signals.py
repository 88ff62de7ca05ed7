"""Waiting for signals."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SIGNAL_SECONDS = 0.5


@contextmanager
def stop_requested(
    loop: asyncio.AbstractEventLoop, *, when_stdin_closes: bool = False
) -> Iterator[asyncio.Event]:
    """Yield an event that is set by SIGINT or SIGTERM.

    With `when_stdin_closes`, the end of standard input also sets the event. Standard input can be a pipe
    from another process. The pipe ends when that process exits or is killed.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if when_stdin_closes:
        threading.Thread(target=_wait_for_end_of_stdin, args=(loop, stop), daemon=True).start()
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _wait_for_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


class SignalEvent(threading.Event):
    """An event that a signal handler sets, and for which the main thread waits.

    Python runs signal handlers only in the main thread. If the kernel delivers a signal to another thread, the main
    thread continues to wait, and the handler does not run. `wait` therefore wakes the main thread every half second.
    """

    def wait(self, timeout: float | None = None) -> bool:
        ends = None if timeout is None else time.monotonic() + timeout
        while True:
            left = SIGNAL_SECONDS if ends is None else ends - time.monotonic()
            if super().wait(min(SIGNAL_SECONDS, max(0, left))):
                return True
            if left <= 0:
                return self.is_set()
