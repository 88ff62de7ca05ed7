from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.invariants import assert_invariants
from tests.kit.racing import drawn_by, run_at_once, run_in_order, set_up
from tests.kit.store import memory_store


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
async def test_concurrent_use_cases_are_serializable(random: Random) -> None:
    plan = drawn_by(random)
    race = await set_up(memory_store(), plan)
    outcomes, order = await run_at_once(race, plan)
    assert outcomes == await run_in_order(await set_up(memory_store(), plan), plan, order)
    await assert_invariants(race.shop)
