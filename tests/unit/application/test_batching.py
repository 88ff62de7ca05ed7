import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from application.shared.batching import Batcher
from application.shared.errors import DatabaseUnavailable, Overloaded
from domain.shared.errors import NotFound

Outcomes = Sequence[str | Exception]


class ControlledBatchFunction:
    """A batch function that waits until the test permits the function to finish."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.executed: list[str] = []
        self.rejections: dict[str, Exception] = {}
        self.fatal_errors: dict[str, Exception] = {}
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    async def __call__(self, commands: Sequence[str]) -> Outcomes:
        self.batches.append(list(commands))
        await self.may_finish.wait()
        for command in commands:
            if command in self.fatal_errors:
                raise self.fatal_errors[command]
        self.executed += [command for command in commands if command not in self.rejections]
        return [self.rejections.get(command, command.upper()) for command in commands]


@pytest.fixture
def batch_function() -> ControlledBatchFunction:
    return ControlledBatchFunction()


@pytest.fixture
def batcher(batch_function: ControlledBatchFunction) -> Batcher[str, str]:
    return Batcher(batch_function, max_batch=3, max_waiting=4, queue_timeout=60)


async def order(batcher: Batcher[str, str], *commands: str) -> "list[asyncio.Task[str]]":
    """Submit the commands in the given sequence."""
    tasks = []
    for command in commands:
        tasks.append(asyncio.create_task(batcher.submit(command)))
        await settled()
    return tasks


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def outcomes(tasks: "list[asyncio.Task[str]]") -> list[str | BaseException]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_idle_batcher_runs_a_single_command_immediately(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    assert await batcher.submit("soup") == "SOUP"
    assert batch_function.batches == [["soup"]]


async def test_commands_that_are_queued_while_a_batch_runs_form_the_next_batch(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "fish", "rice")
    assert batch_function.batches == [["soup"]]
    batch_function.may_finish.set()
    assert await outcomes(tasks) == ["SOUP", "FISH", "RICE"]
    assert batch_function.batches == [["soup"], ["fish", "rice"]]


async def test_commands_run_in_queue_sequence_in_batches_of_limited_size(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    batch_function.may_finish.set()
    await outcomes(tasks)
    assert batch_function.batches == [["soup"], ["a", "b", "c"], ["d"]]
    assert batch_function.executed == ["soup", "a", "b", "c", "d"]


async def test_observer_of_batches_receives_the_batch_size_and_waiting_times(
    batch_function: ControlledBatchFunction,
) -> None:
    observed: list[Sequence[float]] = []
    batcher = Batcher(batch_function, max_batch=3, on_batch=observed.append)
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "fish", "rice")
    assert batcher.waiting == 2
    batch_function.may_finish.set()
    await outcomes(tasks)

    assert [len(waits) for waits in observed] == [1, 2]
    first, second = observed[1]
    assert first >= second >= 0
    assert batcher.waiting == 0


async def test_fast_batcher_admits_commands_up_to_the_queue_limit(
    batch_function: ControlledBatchFunction,
) -> None:
    batcher = Batcher(batch_function, max_batch=2, max_waiting=40, queue_timeout=60)
    assert batcher.capacity == 40
    await batcher.submit("soup")
    assert batcher.capacity == 40


async def test_slow_batcher_admits_only_commands_that_can_finish_within_the_timeout() -> None:
    async def run_slowly(commands: Sequence[str]) -> Outcomes:
        await asyncio.sleep(0.05)
        return commands

    batcher = Batcher(run_slowly, max_batch=2, max_waiting=40, queue_timeout=1)
    await asyncio.gather(*(batcher.submit("stew") for _ in range(4)))
    # A batch of two takes at least 0.05 seconds, so at most 16 commands finish in 0.4 seconds.
    assert 2 <= batcher.capacity <= 16

    impatient_batcher = Batcher(run_slowly, max_batch=2, max_waiting=40, queue_timeout=0.06)
    await impatient_batcher.submit("stew")
    assert impatient_batcher.capacity == 2


async def test_full_batch_queue_rejects_commands_immediately(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    [late] = await order(batcher, "e")
    assert isinstance(late.exception(), Overloaded)
    batch_function.may_finish.set()
    assert await outcomes(tasks) == ["SOUP", "A", "B", "C", "D"]


async def test_rejected_command_raises_an_error_only_for_the_caller_of_that_command(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    refusal = batch_function.rejections["fish"] = NotFound("No fish today.")
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "bread", "fish", "rice")
    batch_function.may_finish.set()
    assert await outcomes(tasks) == ["SOUP", "BREAD", refusal, "RICE"]
    assert batch_function.batches == [["soup"], ["bread", "fish", "rice"]]


async def test_commands_of_a_failed_batch_are_run_again_one_at_a_time(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    disaster = batch_function.fatal_errors["fish"] = ValueError("burnt")
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "bread", "fish", "rice")
    batch_function.may_finish.set()
    assert await outcomes(tasks) == ["SOUP", "BREAD", disaster, "RICE"]
    assert batch_function.batches == [["soup"], ["bread", "fish", "rice"], ["bread"], ["fish"], ["rice"]]
    assert batch_function.executed == ["soup", "bread", "rice"]


@pytest.mark.parametrize("outage", [DatabaseUnavailable(), Overloaded()])
async def test_batch_is_not_retried_during_a_database_outage(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction, outage: Exception
) -> None:
    batch_function.fatal_errors["fish"] = outage
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "bread", "fish")
    batch_function.may_finish.set()
    assert await outcomes(tasks) == ["SOUP", outage, outage]
    assert batch_function.batches == [["soup"], ["bread", "fish"]]


async def test_batcher_accepts_commands_after_an_unexpected_error(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.fatal_errors["fish"] = ValueError("burnt")
    with pytest.raises(ValueError, match="burnt"):
        await batcher.submit("fish")
    assert await batcher.submit("soup") == "SOUP"


async def test_queued_command_of_a_canceled_caller_is_dropped(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.may_finish.clear()
    soup, fish, rice = await order(batcher, "soup", "fish", "rice")
    fish.cancel()
    batch_function.may_finish.set()
    await outcomes([soup, fish, rice])
    assert fish.cancelled()
    assert batch_function.executed == ["soup", "rice"]


async def test_dropped_command_no_longer_counts_toward_the_queue_limit(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    tasks[1].cancel()
    await settled()
    tasks += await order(batcher, "e")
    batch_function.may_finish.set()
    await outcomes(tasks)
    assert batch_function.executed == ["soup", "b", "c", "d", "e"]


async def test_canceled_caller_does_not_stop_a_running_command(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.may_finish.clear()
    [soup] = await order(batcher, "soup")
    soup.cancel()
    with suppress(asyncio.CancelledError):
        await soup
    assert batch_function.executed == []
    batch_function.may_finish.set()
    await batcher.drain()
    assert batch_function.executed == ["soup"]


async def test_queued_command_times_out_while_the_previous_batch_runs(
    batch_function: ControlledBatchFunction,
) -> None:
    batcher = Batcher(batch_function, max_batch=3, max_waiting=4, queue_timeout=0.01)
    batch_function.may_finish.clear()
    soup, fish = await order(batcher, "soup", "fish")
    with pytest.raises(Overloaded):
        await fish
    assert not soup.done()
    batch_function.may_finish.set()
    assert await soup == "SOUP"
    assert batch_function.batches == [["soup"]]


async def test_every_command_that_is_queued_during_a_long_batch_times_out(
    batch_function: ControlledBatchFunction,
) -> None:
    batcher = Batcher(batch_function, max_batch=3, max_waiting=4, queue_timeout=0.01)
    batch_function.may_finish.clear()
    soup, fish = await order(batcher, "soup", "fish")
    await asyncio.sleep(0.005)
    [cake] = await order(batcher, "cake")
    async with asyncio.timeout(10):
        assert all(isinstance(outcome, Overloaded) for outcome in await outcomes([fish, cake]))
    [pie] = await order(batcher, "pie")
    with pytest.raises(Overloaded):
        await pie
    batch_function.may_finish.set()
    assert await soup == "SOUP"


async def test_draining_a_batcher_waits_for_every_submitted_command(
    batcher: Batcher[str, str], batch_function: ControlledBatchFunction
) -> None:
    batch_function.may_finish.clear()
    tasks = await order(batcher, "soup", "a", "b", "c", "d")
    drained = asyncio.create_task(batcher.drain())
    await settled()
    assert not drained.done()
    batch_function.may_finish.set()
    await drained
    await settled()
    assert all(task.done() for task in tasks)


async def test_draining_an_idle_batcher_returns_immediately(batcher: Batcher[str, str]) -> None:
    await batcher.drain()
