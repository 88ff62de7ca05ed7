import asyncio
from collections.abc import Sequence

import pytest

from application.shared.admission import Admission
from application.shared.batching import Batcher
from application.shared.errors import Overloaded


async def serve(guests: Sequence[str]) -> Sequence[str | Exception]:
    return guests


@pytest.fixture
def admission() -> Admission:
    return Admission(Batcher(serve, max_batch=1, max_waiting=3), pause=0.01)


async def test_as_many_are_let_in_as_can_be_served(admission: Admission) -> None:
    for _ in range(3):
        await admission.enter()
    with pytest.raises(Overloaded):
        await admission.enter()
    assert len(admission) == 3


async def test_who_leaves_makes_room(admission: Admission) -> None:
    leaves = [await admission.enter() for _ in range(3)]
    leaves[0]()
    await admission.enter()
    with pytest.raises(Overloaded):
        await admission.enter()


async def test_who_is_one_too_many_is_held_for_a_while_before_he_is_refused(admission: Admission) -> None:
    for _ in range(3):
        await admission.enter()
    late = asyncio.create_task(admission.enter())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not late.done()
    with pytest.raises(Overloaded):
        await late


async def test_room_that_is_made_meanwhile_is_for_the_next_one(admission: Admission) -> None:
    leaves = [await admission.enter() for _ in range(3)]
    late = asyncio.create_task(admission.enter())
    await asyncio.sleep(0)
    leaves[0]()
    await admission.enter()
    with pytest.raises(Overloaded):
        await late
    assert len(admission) == 3
