"""The executor's queue is bounded. A job that completes or is canceled releases a place in the queue."""

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest

from adapters.security.bounded_executor import BoundedExecutor
from application.shared.errors import Overloaded


class Job:
    """A job that starts in a thread and waits until the test releases it."""

    def __init__(self) -> None:
        self.begun = Event()
        self.may_end = Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.may_end.wait(10)
        return "done"


@pytest.fixture
def executor() -> Iterator[BoundedExecutor]:
    executor = BoundedExecutor("test", workers=1, max_waiting=1)
    yield executor
    executor.close()


@pytest.fixture
def job() -> Iterator[Job]:
    job = Job()
    yield job
    job.may_end.set()


async def begun(executor: BoundedExecutor, job: Job) -> asyncio.Task[str]:
    task = asyncio.create_task(executor.run(job))
    await asyncio.to_thread(job.begun.wait, 10)
    return task


async def queued(executor: BoundedExecutor, number: int) -> asyncio.Task[str]:
    task = asyncio.create_task(executor.run(str, number))
    await asyncio.sleep(0)
    return task


async def test_executor_returns_the_result_of_the_function_to_the_caller(executor: BoundedExecutor) -> None:
    assert await executor.run(sorted, [2, 1], reverse=True) == [2, 1]


async def test_executor_raises_the_error_of_the_function_to_the_caller(executor: BoundedExecutor) -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="invalid literal"):
            await executor.run(int, "x")


async def test_full_executor_rejects_work_immediately(executor: BoundedExecutor, job: Job) -> None:
    running = await begun(executor, job)
    waiting = await queued(executor, 1)
    for number in range(2, 5):
        with pytest.raises(Overloaded):
            await executor.run(str, number)
    job.may_end.set()
    assert await running == "done"
    assert await waiting == "1"
    assert await executor.run(str, 5) == "5"


async def test_canceled_queued_work_is_skipped_and_releases_its_place_in_the_queue(
    executor: BoundedExecutor, job: Job
) -> None:
    running = await begun(executor, job)
    served: list[int] = []
    waiting = asyncio.create_task(executor.run(served.append, 1))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    next_one = await queued(executor, 2)
    job.may_end.set()
    assert await running == "done"
    assert await next_one == "2"
    assert served == []


async def test_canceled_work_counts_as_running_until_the_thread_of_the_work_ends(
    executor: BoundedExecutor, job: Job
) -> None:
    running = await begun(executor, job)
    running.cancel()
    await asyncio.wait([running])
    waiting = await queued(executor, 1)
    with pytest.raises(Overloaded):
        await executor.run(str, 2)
    job.may_end.set()
    assert await waiting == "1"
    assert await asyncio.gather(*(executor.run(str, number) for number in (3, 4))) == ["3", "4"]


async def test_running_and_queued_calls_of_the_executor_count_as_pending(
    executor: BoundedExecutor, job: Job
) -> None:
    calls = [await begun(executor, job), await queued(executor, 1)]
    assert executor.pending == 2
    job.may_end.set()
    await asyncio.gather(*calls)
    executor.close()
    assert executor.pending == 0


async def test_executor_completes_running_and_queued_work_when_it_is_closed(job: Job) -> None:
    executor = BoundedExecutor("test", workers=1, max_waiting=1)
    running = await begun(executor, job)
    waiting = await queued(executor, 1)
    job.may_end.set()
    executor.close()
    assert await running == "done"
    assert await waiting == "1"
