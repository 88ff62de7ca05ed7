import asyncio

import pytest

from application.shared.single_flight import SingleFlight
from domain.shared.errors import NotFound


class Oracle:
    """A query that waits until the test permits it to finish, and returns the number of calls."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.may_answer.wait()
        return number


async def asked(
    shared: SingleFlight[str, int], oracle: Oracle, question: str = "page"
) -> "asyncio.Task[int]":
    task = asyncio.create_task(shared.get(question, oracle))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_callers_during_a_running_query_share_the_next_query() -> None:
    shared, oracle = SingleFlight[str, int](), Oracle()
    first, second, third = [await asked(shared, oracle) for _ in range(3)]
    oracle.may_answer.set()
    assert [await first, await second, await third] == [1, 2, 2]


async def test_many_concurrent_callers_share_the_results_of_few_queries() -> None:
    shared, oracle = SingleFlight[str, int](), Oracle()
    oracle.may_answer.set()

    async def keep_asking() -> list[int]:
        return [await shared.get("page", oracle) for _ in range(4)]

    await asyncio.gather(*(keep_asking() for _ in range(10)))
    assert oracle.begun <= 8


async def test_single_flight_of_one_key_does_not_block_other_keys() -> None:
    shared, oracle, other = SingleFlight[str, int](), Oracle(), Oracle()
    first = await asked(shared, oracle)
    other.may_answer.set()
    assert await shared.get("another page", other) == 1
    assert not first.done()
    oracle.may_answer.set()
    await first


async def test_single_flight_caches_no_result() -> None:
    shared, oracle = SingleFlight[str, int](), Oracle()
    oracle.may_answer.set()
    assert [await shared.get("page", oracle) for _ in range(3)] == [1, 2, 3]
    assert not shared._asked


async def test_single_flight_raises_an_error_to_every_caller() -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise NotFound("x")

    shared = SingleFlight[str, int]()
    found = await asyncio.gather(*(shared.get("page", fail) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in found] == [NotFound] * 3
    assert not shared._asked


async def test_cancelled_caller_does_not_cancel_a_shared_query() -> None:
    shared, oracle = SingleFlight[str, int](), Oracle()
    first, second = await asked(shared, oracle), await asked(shared, oracle)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    oracle.may_answer.set()
    assert await second == 2
