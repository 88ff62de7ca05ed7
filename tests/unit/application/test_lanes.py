import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from application.shared.errors import Overloaded
from application.shared.lanes import Lanes


class Rows:
    """Runs commands. A command is named after the row that it locks, and waits if this row is blocked."""

    def __init__(self, *blocked: str) -> None:
        self.blocked = {row: asyncio.Event() for row in blocked}
        self.running: Counter[str] = Counter()

    async def __call__(self, commands: Sequence[str]) -> Sequence[str | Exception]:
        row = commands[0]
        self.running[row] += 1
        if row in self.blocked:
            await self.blocked[row].wait()
        return commands


async def submitted(lanes: Lanes[str, str, str], *rows: str) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(lanes.submit(row, row)) for row in rows]
    for _ in range(10):
        await asyncio.sleep(0)
    return tasks


async def test_lane_that_waits_for_a_locked_row_delays_no_other_lane() -> None:
    rows = Rows("mug")
    lanes = Lanes[str, str, str](rows, queue_timeout=60)
    mug, another, cup = await submitted(lanes, "mug", "mug", "cup")
    assert await cup == "cup"
    assert lanes.open_for(["mug", "cup", "pot"]) == {"mug"}
    assert len(lanes) == 2
    rows.blocked["mug"].set()
    assert [await mug, await another] == ["mug", "mug"]
    assert rows.running == {"mug": 1, "cup": 1}
    assert not lanes.open_for(["mug"])


async def test_number_of_running_lanes_is_limited() -> None:
    rows = Rows("a", "b", "c")
    lanes = Lanes[str, str, str](rows, max_running=2, queue_timeout=60)
    tasks = await submitted(lanes, "a", "b", "c")
    assert rows.running == {"a": 1, "b": 1}
    rows.blocked["a"].set()
    rows.blocked["c"].set()
    assert await tasks[2] == "c"
    rows.blocked["b"].set()
    await lanes.drain()
    assert all(task.done() for task in tasks)


async def test_command_times_out_while_the_maximum_number_of_lanes_runs() -> None:
    rows = Rows("a")
    lanes = Lanes[str, str, str](rows, max_running=1, queue_timeout=0.01)
    blocked, late = await submitted(lanes, "a", "b")
    with pytest.raises(Overloaded):
        await late
    rows.blocked["a"].set()
    assert await blocked == "a"
    await lanes.drain()
    assert rows.running == {"a": 1}
    assert len(lanes) == 0


async def test_total_number_of_commands_in_all_lanes_is_limited() -> None:
    rows = Rows("a", "b")
    lanes = Lanes[str, str, str](rows, max_waiting=2, queue_timeout=60)
    tasks = await submitted(lanes, "a", "b")
    with pytest.raises(Overloaded):
        await lanes.submit("c", "c")
    for event in rows.blocked.values():
        event.set()
    await asyncio.gather(*tasks)
    assert await lanes.submit("c", "c") == "c"
