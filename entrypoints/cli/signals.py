"""How a process of ours that serves nobody hears that it should end."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def asked_to_stop(
    loop: asyncio.AbstractEventLoop, *, with_standard_input: bool = False
) -> Iterator[asyncio.Event]:
    """Give an event that is set by SIGINT and SIGTERM, and by the end of standard input if that is wished.

    Standard input ends when whoever holds its other end does, in whatever way.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if with_standard_input:
        threading.Thread(target=_await_end_of_input, args=(loop, stop), daemon=True).start()
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _await_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    loop.call_soon_threadsafe(stop.set)
