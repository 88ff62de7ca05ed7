import asyncio
from collections.abc import Coroutine, Generator
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")


class _CancelledAt:
    """A coroutine whose task is canceled at a chosen suspension."""

    def __init__(self, work: Coroutine[Any, Any, T], suspension: int) -> None:
        self._work = work
        self._suspension = suspension

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        send = steps.send
        argument: Any = None
        for suspension in count(1):
            try:
                waited_for = send(argument)
            except StopIteration:
                return
            if suspension == self._suspension:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            try:
                send, argument = steps.send, (yield waited_for)
            except BaseException as error:  # noqa: BLE001 - every error is passed on to the coroutine
                send, argument = steps.throw, error


async def is_cancelled_at(suspension: int, work: Coroutine[Any, Any, T]) -> bool:
    """Run the work in a task, and cancel this task at the n-th suspension.

    Returns whether the work reached this suspension.
    """

    async def run() -> None:
        await _CancelledAt(work, suspension)

    task = asyncio.create_task(run())
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
    return task.cancelled()
