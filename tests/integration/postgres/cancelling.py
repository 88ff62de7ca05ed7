"""Callers who leave: at the first place where they wait, at the second, at every one."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


class Impatient:
    """Awaits a coroutine, and cancels the task that it runs in when the coroutine waits for the n-th time.

    If it `insists`, it cancels every later wait as well, those in which the coroutine tidies up included.
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
            except BaseException as error:  # noqa: BLE001 - the coroutine has to see whatever comes
                thrown = error


async def leave_at(work: Coroutine[Any, Any, object], wait: int, *, insists: bool) -> bool:
    """Run the work in a task that is cancelled at its n-th wait. Return whether it waited that often at all."""
    impatient = Impatient(work, at=wait, insists=insists)

    async def run() -> None:
        await impatient

    await asyncio.wait([task := asyncio.create_task(run())])
    if not task.cancelled():
        task.result()
    return impatient.waits >= wait
