"""Batching: while a batch runs, new commands wait in a queue. These commands form the next batch.

A batch begins without waiting for more commands. If no batch is running, a command runs immediately, in a batch of
its own.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from application.shared.errors import DatabaseUnavailable, Overloaded

C = TypeVar("C")
R = TypeVar("R")

RunBatch = Callable[[Sequence[C]], Awaitable[Sequence[R | Exception]]]
"""A function that runs commands in one transaction.

The function returns the result or error of each command, in the sequence of the commands. If the function itself
raises an exception, the whole batch has failed without any effect.
"""

BatchObserver = Callable[[Sequence[float]], None]
"""A function that is called when a batch begins.

Its argument contains the waiting time of each command of the batch, in seconds.
"""

QUEUE_TIMEOUT = 1.0
"""The default queue timeout in seconds."""
MAX_WAITING = 512
_DECAY = 0.8
"""The weight of earlier batches.

After each batch, the counts and durations of earlier batches are multiplied by this factor.
"""
_IN_TIME = 0.4
"""The fraction of the queue timeout within which commands should finish.

The client's own timeout begins before the command is queued, and can end before the queue timeout ends.
"""


@dataclass(slots=True, eq=False)
class _Waiting(Generic[C, R]):
    command: C
    answer: asyncio.Future[R]
    since: float


@dataclass(frozen=True, slots=True)
class _Speed:
    """The recent speed: a number of commands, and how many seconds these commands took."""

    commands: float
    seconds: float

    def after(self, commands: int, seconds: float) -> "_Speed":
        return _Speed(self.commands * _DECAY + commands, self.seconds * _DECAY + seconds)


class Batcher(Generic[C, R]):
    """Combine concurrent commands into batches, first in, first out.

    Each command gets its own result or error. If a batch fails as a whole, its commands run again one by one. A
    failing command never makes another command fail.

    If a caller is canceled before its command begins, the command is dropped. If the command has already begun, the
    command runs to completion.

    `max_batch` is the maximum number of commands in a transaction. `max_waiting` is the maximum number of commands
    in the queue. `queue_timeout` is the maximum waiting time of a command in the queue, in seconds. `slots` limits
    the number of batchers that run at the same time. `on_batch` is called when a batch begins.
    """

    def __init__(
        self,
        run: RunBatch[C, R],
        *,
        max_batch: int = 128,
        max_waiting: int = MAX_WAITING,
        queue_timeout: float = QUEUE_TIMEOUT,
        slots: AbstractAsyncContextManager[object] | None = None,
        on_batch: BatchObserver | None = None,
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._queue_timeout = queue_timeout
        self._slots = slots or nullcontext()
        self._on_batch = on_batch
        self._recent = _Speed(0, 0.0)
        self._capacity = self._capacity_at(self._recent)
        self._waiting: deque[_Waiting[C, R]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """The number of commands that wait."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Return whether no command runs and no command waits."""
        return self._worker is None or self._worker.done()

    @property
    def capacity(self) -> int:
        """The number of concurrent commands that finish in time at the recent speed.

        A command finishes in time if the command finishes within a fixed fraction of the queue timeout.

        The number is at least `max_batch`, because the speed can be measured only with full batches.
        """
        return self._capacity

    async def submit(self, command: C) -> R:
        """Run the command in the next batch and return its result, or raise its error.

        Raises Overloaded if the queue is full, or if the queue timeout ends before the command begins.
        """
        if len(self._waiting) >= self._max_waiting:
            raise Overloaded
        loop = asyncio.get_running_loop()
        # A call of `_Waiting[C, R]` would be slower, because such a call stores the type arguments on each object.
        waiting: _Waiting[C, R] = _Waiting(command, loop.create_future(), loop.time())
        self._waiting.append(waiting)
        if self._timer is None:
            self._timer = loop.call_at(waiting.since + self._queue_timeout, self._time_out)
        if self.is_idle:
            self._worker = loop.create_task(self._work())
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            with suppress(ValueError):  # A command that has begun is no longer in the queue.
                self._waiting.remove(waiting)
            raise

    async def drain(self) -> None:
        """Wait until every submitted command has finished."""
        while self._worker is not None and not self._worker.done():
            await asyncio.wait([self._worker])

    def _time_out(self) -> None:
        """Reject the commands that have waited too long, without waiting for the running batch.

        Then schedule the next call of this method for the time at which the first command in the queue times out.

        All commands share this timer, because a timer for each command would take more time than queueing the
        command.
        """
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting:
            ends = self._waiting[0].since + self._queue_timeout
            if ends > loop.time():
                self._timer = loop.call_at(ends, self._time_out)
                return
            _set(self._waiting.popleft().answer, Overloaded())

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            async with self._slots:
                if batch := self._next_batch():
                    began = loop.time()
                    if self._on_batch is not None:
                        self._on_batch([began - waiting.since for waiting in batch])
                    await self._answer(batch)
                    self._recent = self._recent.after(len(batch), loop.time() - began)
                    self._capacity = self._capacity_at(self._recent)

    def _capacity_at(self, speed: _Speed) -> int:
        in_time = self._max_waiting
        if speed.seconds:
            in_time = int(_IN_TIME * self._queue_timeout * speed.commands / speed.seconds)
        return max(self._max_batch, min(self._max_waiting, in_time))

    def _next_batch(self) -> list[_Waiting[C, R]]:
        size = min(self._max_batch, len(self._waiting))
        return [self._waiting.popleft() for _ in range(size)]

    async def _answer(self, batch: Sequence[_Waiting[C, R]]) -> None:
        try:
            outcomes = await self._run([waiting.command for waiting in batch])
        except (DatabaseUnavailable, Overloaded) as error:
            outcomes = [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - the callers must get every error of the batch
            if len(batch) > 1:
                for waiting in batch:
                    await self._answer([waiting])
                return
            outcomes = [error]
        for waiting, outcome in zip(batch, outcomes, strict=True):
            _set(waiting.answer, outcome)


def _set(answer: "asyncio.Future[R]", outcome: R | Exception) -> None:
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
