"""Cancel a task at its n-th await."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


class Impatient:
    """Awaits a coroutine, and cancels its task at the n-th await.

    With `insists`, it also cancels every later await, including awaits of the cleanup.
    """

    def __init__(self, work: Coroutine[Any, Any, object], *, at: int, insists: bool) -> None:
        self._work = work
        self._at = at
        self._insists = insists
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
            if self.waits == self._at or (self._insists and self.waits > self._at):
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                yield waiting_for
            except BaseException as error:  # noqa: BLE001 - every error is passed on to the coroutine
                thrown = error


async def leave_at(work: Coroutine[Any, Any, object], wait: int, *, insists: bool) -> bool:
    """Run the work in a task that is cancelled at its n-th await.

    Returns whether the work had so many awaits.
    """
    impatient = Impatient(work, at=wait, insists=insists)

    async def run() -> None:
        await impatient

    await asyncio.wait([task := asyncio.create_task(run())])
    if not task.cancelled():
        task.result()
    return impatient.waits >= wait
