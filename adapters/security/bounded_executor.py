"""Work that would block the event loop, done in threads, with a bound on how much of it may wait."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from application.shared.errors import Overloaded

P = ParamSpec("P")
T = TypeVar("T")


NICENESS = 10


def _give_way() -> None:
    """Let the event loop go before: whoever only reads must not wait for those who log in.

    On Linux niceness is each thread's own; elsewhere it would be the whole process's.
    """
    if sys.platform == "linux":
        os.nice(NICENESS)


class BoundedExecutor:
    """A pool of `workers` threads before which at most `max_waiting` calls queue up."""

    def __init__(self, name: str, *, workers: int, max_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name, initializer=_give_way)
        self._places = BoundedSemaphore(workers + max_waiting)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns. Raises Overloaded at once when every place is taken.

        A caller cancelled while it queues gives its place back at once, and `function` is never called. One
        cancelled while `function` runs gives it back when the thread is done, for a thread cannot be stopped.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded
        call = self._threads.submit(function, *args, **kwargs)
        call.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(call)

    def close(self) -> None:
        """Finish what was begun and what queues, and end the threads."""
        self._threads.shutdown()
