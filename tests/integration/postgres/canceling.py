"""Cancel a task at its n-th await."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


class CanceledAtAwait:
    """Awaits a coroutine in a task, and cancels this task at the n-th await.

    With `cancels_cleanup`, every later await is canceled too, including the awaits of the cleanup.
    """

    def __init__(self, work: Coroutine[Any, Any, object], *, at: int, cancels_cleanup: bool) -> None:
        self._work = work
        self._at = at
        self._cancels_cleanup = cancels_cleanup
        self.waits = 0

    def __await__(self) -> Generator[Any, Any, object]:
        steps = self._work.__await__()
        thrown: BaseException | None = None
        while True:
            try:
                waiting_for = steps.send(None) if thrown is None else steps.throw(thrown)
            except StopIteration as end:
                return end.value
            thrown = None
            self.waits += 1
            if self.waits == self._at or (self._cancels_cleanup and self.waits > self._at):
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                yield waiting_for
            except BaseException as error:  # noqa: BLE001 - every error is passed on to the coroutine
                thrown = error


async def leave_at(work: Coroutine[Any, Any, object], wait: int, *, cancels_cleanup: bool) -> bool:
    """Run the work in a task, and cancel this task at the n-th await.

    Returns whether the work reached this await.
    """
    canceled = CanceledAtAwait(work, at=wait, cancels_cleanup=cancels_cleanup)

    async def run() -> None:
        await canceled

    await asyncio.wait([task := asyncio.create_task(run())])
    if not task.cancelled():
        task.result()
    return canceled.waits >= wait
