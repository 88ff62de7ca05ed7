from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.invariants import assert_invariants
from tests.kit.racing import random_race, run_concurrently, run_serially, set_up
from tests.kit.store import memory_store


@given(st.randoms(use_true_random=False))
async def test_concurrent_use_cases_have_the_results_of_a_serial_execution(random: Random) -> None:
    race = random_race(random)
    race_set_up = await set_up(memory_store(), race)
    outcomes, order = await run_concurrently(race_set_up, race)
    assert outcomes == await run_serially(await set_up(memory_store(), race), race, order)
    await assert_invariants(race_set_up.shop)
