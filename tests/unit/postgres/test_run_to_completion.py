import asyncio

import pytest

from adapters.postgres.core.cancellation import run_to_completion


async def test_canceled_caller_waits_until_running_work_is_complete() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    ended = False

    async def work() -> None:
        nonlocal ended
        begun.set()
        await may_end.wait()
        ended = True

    caller = asyncio.create_task(run_to_completion(work()))
    await begun.wait()
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0)
        assert not caller.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended


async def test_caller_gets_the_result_or_the_error_of_work_that_runs_to_completion() -> None:
    async def succeed() -> int:
        return 7

    async def fail() -> None:
        raise LookupError

    assert await run_to_completion(succeed()) == 7
    with pytest.raises(LookupError):
        await run_to_completion(fail())


async def test_cancellation_of_a_caller_is_chained_to_the_error_of_the_work() -> None:
    begun = asyncio.Event()

    async def fail() -> None:
        begun.set()
        await asyncio.sleep(0)
        raise LookupError

    caller = asyncio.create_task(run_to_completion(fail()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError) as left:
        await caller
    assert isinstance(left.value.__cause__, LookupError)
