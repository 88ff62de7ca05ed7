import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from application.shared.batching import Batcher
from application.shared.errors import DatabaseUnavailable, Overloaded
from domain.shared.errors import NotFound

Outcomes = Sequence[str | Exception]


class Kitchen:
    """A batch function that waits until the test permits it to finish."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.served: list[str] = []
        self.refusals: dict[str, Exception] = {}
        self.disasters: dict[str, Exception] = {}
        self.stove = asyncio.Event()
        self.stove.set()

    async def __call__(self, dishes: Sequence[str]) -> Outcomes:
        self.batches.append(list(dishes))
        await self.stove.wait()
        for dish in dishes:
            if dish in self.disasters:
                raise self.disasters[dish]
        self.served += [dish for dish in dishes if dish not in self.refusals]
        return [self.refusals.get(dish, dish.upper()) for dish in dishes]


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


@pytest.fixture
def batcher(kitchen: Kitchen) -> Batcher[str, str]:
    return Batcher(kitchen, max_batch=3, max_waiting=4, queue_timeout=60)


async def order(batcher: Batcher[str, str], *dishes: str) -> "list[asyncio.Task[str]]":
    """Submit the commands in this order."""
    tasks = []
    for dish in dishes:
        tasks.append(asyncio.create_task(batcher.submit(dish)))
        await settled()
    return tasks


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def outcomes(tasks: "list[asyncio.Task[str]]") -> list[str | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_idle_batcher_runs_a_single_command_at_once(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    assert await batcher.submit("soup") == "SOUP"
    assert kitchen.batches == [["soup"]]


async def test_commands_queued_during_a_batch_form_the_next_batch(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "fish", "rice")
    assert kitchen.batches == [["soup"]]
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", "FISH", "RICE"]
    assert kitchen.batches == [["soup"], ["fish", "rice"]]


async def test_batch_has_a_maximum_size_and_keeps_the_queue_order(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    kitchen.stove.set()
    await outcomes(tasks)
    assert kitchen.batches == [["soup"], ["a", "b", "c"], ["d"]]
    assert kitchen.served == ["soup", "a", "b", "c", "d"]


async def test_observer_sees_size_and_waiting_times_of_each_batch(kitchen: Kitchen) -> None:
    observed: list[Sequence[float]] = []
    batcher = Batcher(kitchen, max_batch=3, on_batch=observed.append)
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "fish", "rice")
    assert batcher.waiting == 2
    kitchen.stove.set()
    await outcomes(tasks)

    assert [len(waits) for waits in observed] == [1, 2]
    first, second = observed[1]
    assert first >= second >= 0
    assert batcher.waiting == 0


async def test_fast_batcher_admits_commands_up_to_the_queue_limit(kitchen: Kitchen) -> None:
    batcher = Batcher(kitchen, max_batch=2, max_waiting=40, queue_timeout=60)
    assert batcher.capacity == 40
    await batcher.submit("soup")
    assert batcher.capacity == 40


async def test_slow_batcher_admits_only_commands_that_finish_within_the_timeout() -> None:
    async def simmer(dishes: Sequence[str]) -> Outcomes:
        await asyncio.sleep(0.05)
        return dishes

    batcher = Batcher(simmer, max_batch=2, max_waiting=40, queue_timeout=1)
    await asyncio.gather(*(batcher.submit("stew") for _ in range(4)))
    # At best two every 0.05 seconds: 16 in 0.4 seconds.
    assert 2 <= batcher.capacity <= 16

    hasty = Batcher(simmer, max_batch=2, max_waiting=40, queue_timeout=0.06)
    await hasty.submit("stew")
    assert hasty.capacity == 2


async def test_full_queue_rejects_commands_at_once(batcher: Batcher[str, str], kitchen: Kitchen) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    [late] = await order(batcher, "e")
    assert isinstance(late.exception(), Overloaded)
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", "A", "B", "C", "D"]


async def test_rejected_command_raises_only_for_its_caller(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    refusal = kitchen.refusals["fish"] = NotFound("No fish today.")
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "bread", "fish", "rice")
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", "BREAD", refusal, "RICE"]
    assert kitchen.batches == [["soup"], ["bread", "fish", "rice"]]


async def test_commands_of_a_failed_batch_run_again_one_by_one(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    disaster = kitchen.disasters["fish"] = ValueError("burnt")
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "bread", "fish", "rice")
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", "BREAD", disaster, "RICE"]
    assert kitchen.batches == [["soup"], ["bread", "fish", "rice"], ["bread"], ["fish"], ["rice"]]
    assert kitchen.served == ["soup", "bread", "rice"]


@pytest.mark.parametrize("outage", [DatabaseUnavailable(), Overloaded()])
async def test_database_outage_fails_the_batch_without_retries(
    batcher: Batcher[str, str], kitchen: Kitchen, outage: Exception
) -> None:
    kitchen.disasters["fish"] = outage
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "bread", "fish")
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", outage, outage]
    assert kitchen.batches == [["soup"], ["bread", "fish"]]


async def test_batcher_accepts_commands_after_an_unexpected_error(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.disasters["fish"] = ValueError("burnt")
    with pytest.raises(ValueError, match="burnt"):
        await batcher.submit("fish")
    assert await batcher.submit("soup") == "SOUP"


async def test_queued_command_of_a_cancelled_caller_is_dropped(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    soup, fish, rice = await order(batcher, "soup", "fish", "rice")
    fish.cancel()
    kitchen.stove.set()
    await outcomes([soup, fish, rice])
    assert fish.cancelled()
    assert kitchen.served == ["soup", "rice"]


async def test_dropped_command_releases_its_place_in_the_queue(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    tasks[1].cancel()
    await settled()
    tasks += await order(batcher, "e")
    kitchen.stove.set()
    await outcomes(tasks)
    assert kitchen.served == ["soup", "b", "c", "d", "e"]


async def test_cancelled_caller_does_not_stop_a_running_command(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    [soup] = await order(batcher, "soup")
    soup.cancel()
    with suppress(asyncio.CancelledError):
        await soup
    assert kitchen.served == []
    kitchen.stove.set()
    await batcher.drain()
    assert kitchen.served == ["soup"]


async def test_queued_command_is_rejected_at_its_timeout_while_the_batch_runs(kitchen: Kitchen) -> None:
    batcher = Batcher(kitchen, max_batch=3, max_waiting=4, queue_timeout=0.01)
    kitchen.stove.clear()
    soup, fish = await order(batcher, "soup", "fish")
    with pytest.raises(Overloaded):
        await fish
    assert not soup.done()
    kitchen.stove.set()
    assert await soup == "SOUP"
    assert kitchen.batches == [["soup"]]


async def test_each_queued_command_is_rejected_at_its_own_timeout(kitchen: Kitchen) -> None:
    batcher = Batcher(kitchen, max_batch=3, max_waiting=4, queue_timeout=0.01)
    kitchen.stove.clear()
    soup, *queued = await order(batcher, "soup", "fish", "cake")
    assert all(isinstance(outcome, Overloaded) for outcome in await outcomes(queued))
    [pie] = await order(batcher, "pie")
    with pytest.raises(Overloaded):
        await pie
    kitchen.stove.set()
    assert await soup == "SOUP"


async def test_draining_waits_for_every_submitted_command(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    drained = asyncio.create_task(batcher.drain())
    await settled()
    assert not drained.done()
    kitchen.stove.set()
    await drained
    await settled()
    assert all(task.done() for task in tasks)


async def test_draining_an_idle_batcher_returns_at_once(batcher: Batcher[str, str]) -> None:
    await batcher.drain()
