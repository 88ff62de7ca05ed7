import asyncio
from datetime import timedelta

from entrypoints.job_health import JobHealth
from entrypoints.repeating import repeating

AT_ONCE = timedelta(0)


async def test_periodic_job_continues_after_a_failure() -> None:
    times, enough = 0, asyncio.Event()

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 3:
            enough.set()
        raise LookupError

    async with repeating(work, name="test", every=AT_ONCE, health=JobHealth()):
        await enough.wait()


async def test_periodic_job_records_failures_and_successes_in_the_job_health() -> None:
    seconds, failing = 0.0, asyncio.Event()
    health = JobHealth(lambda: seconds)

    async def work() -> None:
        if not failing.is_set():
            failing.set()
            raise LookupError
        nonlocal seconds
        seconds = 9
        succeeded.set()

    succeeded = asyncio.Event()
    async with repeating(work, name="test", every=AT_ONCE, health=health):
        await failing.wait()
        seconds = 1
        assert health.failing() == ["test"]
        await succeeded.wait()
    assert health.failing() == []


async def test_stop_of_a_periodic_job_waits_only_for_the_current_run() -> None:
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), 0

    async def work() -> None:
        nonlocal ended
        begun.set()
        await may_end.wait()
        ended += 1

    async with repeating(work, name="test", every=AT_ONCE, health=JobHealth()):
        await begun.wait()
        asyncio.get_running_loop().call_soon(may_end.set)
    assert ended == 1


async def test_stop_of_a_periodic_job_does_not_wait_for_the_next_run() -> None:
    async def work() -> None:
        raise AssertionError

    async with repeating(work, name="test", every=timedelta(days=1), health=JobHealth()):
        await asyncio.sleep(0)
