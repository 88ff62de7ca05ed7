"""Signals that stop a process without an HTTP server."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stop_requested(
    loop: asyncio.AbstractEventLoop, *, when_stdin_closes: bool = False
) -> Iterator[asyncio.Event]:
    """Yield an event that is set by SIGINT or SIGTERM.

    Optionally, the end of standard input also sets the event. Standard input ends when the process at its
    other end exits, even after SIGKILL.
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
