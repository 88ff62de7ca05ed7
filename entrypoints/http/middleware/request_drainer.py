"""Complete running requests when a client disconnects or the process stops."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import structlog

from entrypoints.http.problems.handlers import PROBLEM_HANDLERS
from entrypoints.http.problems.problem import HTTPProblem

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class RequestDrainer:
    """Runs the work of requests. Work that changes data runs in a separate task.

    If a client disconnects, the server cancels the task of the client's request. A canceled transaction can leave a
    database connection in an unknown state.

    Each change therefore runs in a second task. The task of the request waits for the second task. If the task of the
    request is canceled, the second task continues.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._reads = 0
        self._no_reads = asyncio.Event()
        self._draining = False
        self.is_stop_announced = False
        """Whether the process will stop soon.

        Until the process stops, it accepts requests, but the readiness check fails.
        """

    def __len__(self) -> int:
        return len(self._tasks) + self._reads

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work` to completion, even if the caller is canceled while `work` runs.

        Raises the errors of `work`. Raises HTTPProblem `shutting_down` if draining began before the call, or if
        draining cancels `work`.
        """
        if self._draining:
            raise shutting_down()
        loop = asyncio.get_running_loop()
        task, ended = loop.create_task(work()), loop.create_future()
        self._tasks.add(task)
        # A future of our own needs fewer callbacks than `asyncio.shield`.
        task.add_done_callback(partial(self._end, ended))
        try:
            await ended
        except asyncio.CancelledError:
            task.add_done_callback(_report_unheard)
            raise
        if task.cancelled():
            raise shutting_down()
        return task.result()

    def _end(self, ended: asyncio.Future[None], task: asyncio.Task[Any]) -> None:
        """Forget a task that has ended. If the caller of the task still waits, wake the caller."""
        self._tasks.discard(task)
        if not ended.done():
            ended.set_result(None)

    async def run_here(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work`, which only reads, in the caller's task.

        If the caller is canceled, `work` is canceled, too. Raises the errors of `work`. Raises HTTPProblem
        `shutting_down` if draining has begun.
        """
        if self._draining:
            raise shutting_down()
        self._reads += 1
        try:
            return await work()
        finally:
            self._reads -= 1
            self._wake_without_reads()

    def announce_stop(self) -> None:
        """Make the readiness check fail, so that load balancers send no new requests.

        The method can be called from any thread.
        """
        self.is_stop_announced = True

    async def drain(self, timeout: float) -> int:  # noqa: ASYNC109 - the time to wait before cancellation, not a timeout of the call
        """Reject new work, and wait until the running work has ended.

        After `timeout` seconds, running changes are canceled. The method then waits until the canceled tasks have
        ended, and returns their number.

        Read requests are not canceled here, because the server cancels them.
        """
        self._draining = True
        self._wake_without_reads()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._no_reads.wait()
                if self._tasks:
                    await asyncio.wait(set(self._tasks))
        late = set(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    def _wake_without_reads(self) -> None:
        """Wake `drain` if it is waiting and no read request is running."""
        if self._draining and not self._reads:
            self._no_reads.set()


def shutting_down() -> HTTPProblem:
    return HTTPProblem("shutting_down", headers={"Retry-After": "1"})


def _report_unheard(task: asyncio.Task[Any]) -> None:
    """Log an unexpected error that no client receives, because the client has disconnected."""
    if task.cancelled():
        return
    error = task.exception()
    if error is not None and not isinstance(error, tuple(PROBLEM_HANDLERS)):
        _log.error("request failed after its client had left", exc_info=error)
