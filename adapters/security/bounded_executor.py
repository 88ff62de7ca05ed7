"""Threads with a bounded queue, for work that would block the event loop."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any, ParamSpec, TypeVar

from application.shared.errors import Overloaded

P = ParamSpec("P")
T = TypeVar("T")


NICENESS = 10


def _give_way() -> None:
    """Lower the priority of this thread, so that hashing does not delay the event loop.

    On Linux, niceness applies to a thread. On other systems, niceness would apply to the whole process.
    """
    if sys.platform == "linux":
        os.nice(NICENESS)


class BoundedExecutor:
    """A pool of `workers` threads with a queue. At most `max_waiting` calls wait in the queue."""

    def __init__(self, name: str, *, workers: int, max_waiting: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=name, initializer=_give_way)
        self._places = BoundedSemaphore(workers + max_waiting)
        self._calls: set[Future[Any]] = set()

    @property
    def pending(self) -> int:
        """The number of calls that run or wait."""
        return len(self._calls)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` in a thread and return its result.

        Raises Overloaded immediately if the queue is full. If the caller is canceled while the call is queued,
        `function` is not called. The queue then has room for another call immediately.

        If the caller is canceled while `function` runs, the thread stays occupied until `function` returns, because
        threads cannot be stopped.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded
        call = self._threads.submit(function, *args, **kwargs)
        self._calls.add(call)
        call.add_done_callback(self._release)
        return await asyncio.wrap_future(call)

    def _release(self, call: Future[Any]) -> None:
        """Make room for another call after a call has ended. A thread of the pool calls this method."""
        self._calls.discard(call)
        self._places.release()

    def close(self) -> None:
        """Finish running and queued calls, and end the threads."""
        self._threads.shutdown()
