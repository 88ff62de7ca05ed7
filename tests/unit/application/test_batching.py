import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from application.shared.batching import Batcher
from application.shared.errors import DatabaseUnavailable, Overloaded
from domain.shared.errors import NotFound

Outcomes = Sequence[str | Exception]


class Kitchen:
    """Runs batches of dishes, and can be told to hold them on the stove until the test says so."""

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
    return Batcher(kitchen, max_batch=3, max_waiting=4, patience=60)


async def order(batcher: Batcher[str, str], *dishes: str) -> "list[asyncio.Task[str]]":
    """Submit the dishes one after the other."""
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


async def test_an_idle_batcher_runs_a_single_command_at_once(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    assert await batcher.submit("soup") == "SOUP"
    assert kitchen.batches == [["soup"]]


async def test_what_queues_while_a_batch_runs_is_the_next_batch(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "fish", "rice")
    assert kitchen.batches == [["soup"]]
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", "FISH", "RICE"]
    assert kitchen.batches == [["soup"], ["fish", "rice"]]


async def test_a_batch_is_never_larger_than_its_bound_and_the_first_come_is_first_served(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    kitchen.stove.set()
    await outcomes(tasks)
    assert kitchen.batches == [["soup"], ["a", "b", "c"], ["d"]]
    assert kitchen.served == ["soup", "a", "b", "c", "d"]


async def test_a_quick_kitchen_has_room_for_as_many_as_may_queue(kitchen: Kitchen) -> None:
    batcher = Batcher(kitchen, max_batch=2, max_waiting=40, patience=60)
    assert batcher.capacity == 40
    await batcher.submit("soup")
    assert batcher.capacity == 40


async def test_a_slow_kitchen_has_room_for_as_many_as_it_serves_in_time_and_for_one_batch_at_least() -> None:
    async def simmer(dishes: Sequence[str]) -> Outcomes:
        await asyncio.sleep(0.05)
        return dishes

    batcher = Batcher(simmer, max_batch=2, max_waiting=40, patience=1)
    await asyncio.gather(*(batcher.submit("stew") for _ in range(4)))
    # Two every 0.05 seconds at the best: 16 in four tenths of a second.
    assert 2 <= batcher.capacity <= 16

    hasty = Batcher(simmer, max_batch=2, max_waiting=40, patience=0.06)
    await hasty.submit("stew")
    assert hasty.capacity == 2


async def test_a_full_queue_turns_commands_away_at_once(batcher: Batcher[str, str], kitchen: Kitchen) -> None:
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    [late] = await order(batcher, "e")
    assert isinstance(late.exception(), Overloaded)
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", "A", "B", "C", "D"]


async def test_a_refusal_is_told_to_the_one_whom_it_concerns(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    refusal = kitchen.refusals["fish"] = NotFound("No fish today.")
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "bread", "fish", "rice")
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", "BREAD", refusal, "RICE"]
    assert kitchen.batches == [["soup"], ["bread", "fish", "rice"]]


async def test_a_batch_refused_as_a_whole_is_run_again_one_by_one_so_that_neighbours_do_not_suffer(
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
async def test_an_outage_is_told_to_all_and_not_tried_again_one_by_one(
    batcher: Batcher[str, str], kitchen: Kitchen, outage: Exception
) -> None:
    kitchen.disasters["fish"] = outage
    kitchen.stove.clear()
    tasks = await order(batcher, "soup", "bread", "fish")
    kitchen.stove.set()
    assert await outcomes(tasks) == ["SOUP", outage, outage]
    assert kitchen.batches == [["soup"], ["bread", "fish"]]


async def test_the_batcher_goes_on_after_a_disaster(batcher: Batcher[str, str], kitchen: Kitchen) -> None:
    kitchen.disasters["fish"] = ValueError("burnt")
    with pytest.raises(ValueError, match="burnt"):
        await batcher.submit("fish")
    assert await batcher.submit("soup") == "SOUP"


async def test_a_caller_who_leaves_before_the_command_begins_takes_it_back(
    batcher: Batcher[str, str], kitchen: Kitchen
) -> None:
    kitchen.stove.clear()
    soup, fish, rice = await order(batcher, "soup", "fish", "rice")
    fish.cancel()
    kitchen.stove.set()
    await outcomes([soup, fish, rice])
    assert fish.cancelled()
    assert kitchen.served == ["soup", "rice"]


async def test_a_command_taken_back_gives_its_place_in_the_queue_to_another(
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


async def test_a_caller_who_leaves_after_the_command_has_begun_does_not_stop_it(
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


async def test_a_command_that_has_queued_for_too_long_is_turned_away_and_never_run(kitchen: Kitchen) -> None:
    hasty = Batcher(kitchen, max_batch=3, max_waiting=4, patience=-1)
    with pytest.raises(Overloaded):
        await hasty.submit("soup")
    assert kitchen.batches == []


async def test_draining_waits_for_everything_that_was_submitted(
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
