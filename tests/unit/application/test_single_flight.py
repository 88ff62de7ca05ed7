import asyncio

import pytest

from application.shared.single_flight import SingleFlight
from domain.shared.errors import NotFound


class ControlledQuery:
    """A query that waits until the test permits the query to finish. The query returns the number of calls so far."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_finish = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.may_finish.wait()
        return number


async def started(
    shared: SingleFlight[str, int], query: ControlledQuery, key: str = "page"
) -> "asyncio.Task[int]":
    task = asyncio.create_task(shared.get(key, query))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_callers_that_arrive_during_a_running_query_share_the_next_query() -> None:
    shared, query = SingleFlight[str, int](), ControlledQuery()
    first, second, third = [await started(shared, query) for _ in range(3)]
    query.may_finish.set()
    assert [await first, await second, await third] == [1, 2, 2]


async def test_many_concurrent_callers_share_the_results_of_few_queries() -> None:
    shared, query = SingleFlight[str, int](), ControlledQuery()
    query.may_finish.set()

    async def call_repeatedly() -> list[int]:
        return [await shared.get("page", query) for _ in range(4)]

    await asyncio.gather(*(call_repeatedly() for _ in range(10)))
    assert query.begun <= 8


async def test_running_query_blocks_only_queries_for_the_same_single_flight_key() -> None:
    shared, query, other = SingleFlight[str, int](), ControlledQuery(), ControlledQuery()
    first = await started(shared, query)
    other.may_finish.set()
    assert await shared.get("another page", other) == 1
    assert not first.done()
    query.may_finish.set()
    await first


async def test_single_flight_runs_a_new_query_after_the_previous_query_has_ended() -> None:
    shared, query = SingleFlight[str, int](), ControlledQuery()
    query.may_finish.set()
    assert [await shared.get("page", query) for _ in range(3)] == [1, 2, 3]
    assert not shared._asked


async def test_error_of_a_shared_query_is_raised_to_every_caller() -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise NotFound("x")

    shared = SingleFlight[str, int]()
    found = await asyncio.gather(*(shared.get("page", fail) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in found] == [NotFound] * 3
    assert not shared._asked


async def test_canceled_caller_does_not_cancel_a_shared_query() -> None:
    shared, query = SingleFlight[str, int](), ControlledQuery()
    first, second = await started(shared, query), await started(shared, query)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    query.may_finish.set()
    assert await second == 2
