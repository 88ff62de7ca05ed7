"""Lanes: a separate queue of commands for each locked row."""

import asyncio
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from application.shared.batching import MAX_WAITING, QUEUE_TIMEOUT, Batcher, BatchObserver, RunBatch
from application.shared.errors import Overloaded

C = TypeVar("C")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)


class Lanes(Generic[K, C, R]):
    """One batcher for each locked row, created on demand and removed when it is idle.

    `max_running` is the maximum number of lanes that run at the same time. Each running lane holds a database
    connection while it waits for its row.

    `max_waiting` is the maximum number of commands in all lanes together.
    """

    def __init__(
        self,
        run: RunBatch[C, R],
        *,
        max_running: int = 3,
        max_batch: int = 128,
        max_waiting: int = MAX_WAITING,
        queue_timeout: float = QUEUE_TIMEOUT,
        on_batch: BatchObserver | None = None,
    ) -> None:
        self._run = run
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._queue_timeout = queue_timeout
        self._on_batch = on_batch
        self._slots = asyncio.Semaphore(max_running)
        self._lanes: dict[K, Batcher[C, R]] = {}
        self._inside = 0

    def __len__(self) -> int:
        """Return the number of commands in all lanes."""
        return self._inside

    def open_for(self, rows: Iterable[K]) -> frozenset[K]:
        """Return the given rows that have a lane."""
        self._remove_idle()
        return frozenset(row for row in rows if row in self._lanes) if self._lanes else frozenset()

    async def submit(self, row: K, command: C) -> R:
        """Run the command in the next batch of the row's lane, and return its result.

        Raises Overloaded, and the command's error.
        """
        if self._inside >= self._max_waiting:
            raise Overloaded
        lane = self._lanes.get(row)
        if lane is None:
            lane = self._lanes[row] = Batcher(
                self._run,
                max_batch=self._max_batch,
                max_waiting=self._max_waiting,
                queue_timeout=self._queue_timeout,
                slots=self._slots,
                on_batch=self._on_batch,
            )
        self._inside += 1
        try:
            return await lane.submit(command)
        finally:
            self._inside -= 1
            self._remove_idle()

    async def drain(self) -> None:
        """Wait until every submitted command has finished."""
        while self._lanes:
            for lane in list(self._lanes.values()):
                await lane.drain()
            self._remove_idle()

    def _remove_idle(self) -> None:
        """Remove lanes without commands, so that there are at most as many lanes as locked rows."""
        for row in [row for row, lane in self._lanes.items() if lane.is_idle]:
            del self._lanes[row]
