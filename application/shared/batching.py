"""Many small commands as few large ones: what has queued while the last batch ran is the next batch.

Nothing waits for a batch to fill: a command that finds the service idle runs at once, alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from application.shared.errors import DatabaseUnavailable, Overloaded

C = TypeVar("C")
R = TypeVar("R")

RunBatch = Callable[[Sequence[C]], Awaitable[Sequence[R | Exception]]]
"""Runs commands as one transaction and returns, in their order, each one's result or refusal.

What it raises, it raises for the batch as a whole, of which nothing has happened then.
"""


_KEPT = 0.8
"""What a batch still counts for after the next one: so some ten batches make the pace."""
_WELL_WITHIN = 0.4
"""The part of their patience in which commands should end: their clients' is as long, and has begun before the queue."""


@dataclass(slots=True, eq=False)
class _Waiting(Generic[C, R]):
    command: C
    answer: asyncio.Future[R]
    deadline: float


@dataclass(frozen=True, slots=True)
class _Pace:
    """How many commands were run in how many seconds. What is longer ago counts for less."""

    commands: float
    seconds: float

    def after(self, commands: int, seconds: float) -> "_Pace":
        return _Pace(self.commands * _KEPT + commands, self.seconds * _KEPT + seconds)


class Batcher(Generic[C, R]):
    """Coalesces concurrent commands into batches, first come, first served.

    Each command is answered by itself. A batch that is refused as a whole is run again command by command, so that
    a bad one never fails its neighbours. A caller who leaves takes his command back if it has not begun; a command
    that has begun ends, whoever listens.

    `max_batch` bounds a transaction, `max_waiting` the queue, `patience` the seconds that a command may queue.
    """

    def __init__(
        self,
        run: RunBatch[C, R],
        *,
        max_batch: int = 128,
        max_waiting: int = 512,
        patience: float = 1.0,
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._patience = patience
        self._lately = _Pace(0, 0.0)
        self._waiting: deque[_Waiting[C, R]] = deque()
        self._worker: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Tell whether there is nothing to do."""
        return self._worker is None or self._worker.done()

    @property
    def capacity(self) -> int:
        """How many commands at once end well within their patience, as fast as they have ended lately.

        Never fewer than one batch: how fast a batch is, only one that is full can show.
        """
        in_time = self._max_waiting
        if self._lately.seconds:
            in_time = int(_WELL_WITHIN * self._patience * self._lately.commands / self._lately.seconds)
        return max(self._max_batch, min(self._max_waiting, in_time))

    async def submit(self, command: C) -> R:
        """Run the command in the next batch and return its result, or raise its refusal.

        Raises Overloaded when the queue is full, and when the command has queued for too long.
        """
        if len(self._waiting) >= self._max_waiting:
            raise Overloaded
        loop = asyncio.get_running_loop()
        waiting = _Waiting[C, R](command, loop.create_future(), loop.time() + self._patience)
        self._waiting.append(waiting)
        if self.is_idle:
            self._worker = loop.create_task(self._work())
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            with suppress(ValueError):  # it may have begun
                self._waiting.remove(waiting)
            raise

    async def drain(self) -> None:
        """Wait until every command that was submitted has been answered."""
        while self._worker is not None and not self._worker.done():
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while batch := self._next_batch():
            began = loop.time()
            await self._answer(batch)
            self._lately = self._lately.after(len(batch), loop.time() - began)

    def _next_batch(self) -> list[_Waiting[C, R]]:
        now = asyncio.get_running_loop().time()
        batch: list[_Waiting[C, R]] = []
        while self._waiting and len(batch) < self._max_batch:
            waiting = self._waiting.popleft()
            if waiting.answer.done():
                continue
            if waiting.deadline < now:
                waiting.answer.set_exception(Overloaded())
            else:
                batch.append(waiting)
        return batch

    async def _answer(self, batch: Sequence[_Waiting[C, R]]) -> None:
        try:
            outcomes = await self._run([waiting.command for waiting in batch])
        except (DatabaseUnavailable, Overloaded) as error:
            outcomes = [error] * len(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers have to hear of it
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
