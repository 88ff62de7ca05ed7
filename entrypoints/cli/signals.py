"""Waiting for signals."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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


class SignalEvent:
    """An event that a signal handler sets, and for which the main thread waits.

    `threading.Event` has two faults here:

    - A signal handler interrupts the main thread. If the main thread is in a method of `threading.Event`, it can hold
      the lock of the event. The handler then waits for this lock forever. Here, no method waits for a lock that another
      method holds.
    - Python runs signal handlers only in the main thread. If the kernel delivers a signal to another thread, the main
      thread continues to wait, and the handler does not run. `wait` therefore wakes the main thread every half second.
    """

    def __init__(self) -> None:
        self._unset = threading.Lock()  # held while the event is not set
        self.clear()

    def is_set(self) -> bool:
        return not self._unset.locked()

    def set(self) -> None:
        with suppress(RuntimeError):  # raised if the event is already set
            self._unset.release()

    def clear(self) -> None:
        self._unset.acquire(blocking=False)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the event is set, or for `timeout` seconds. Return whether the event is set.

        Without a timeout, the wait ends after half a second, so that the caller checks again which signals arrived.
        If a signal arrives between such a check and `clear`, the event is not set, and only a check finds the signal.
        """
        ends = time.monotonic() + (SIGNAL_SECONDS if timeout is None else timeout)
        while True:
            left = max(0, ends - time.monotonic())
            if self._unset.acquire(timeout=min(SIGNAL_SECONDS, left)):
                self.set()
                return True
            if not left:
                return False
