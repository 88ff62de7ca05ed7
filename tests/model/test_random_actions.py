from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.orders.lifecycle import Action
from domain.orders.order_return import ReturnAction
from tests.kit.lifecycle_machine import LifecycleMachine
from tests.kit.searching import run_state_machine
from tests.kit.store import Store, memory_store

RARE = [
    "manual payment",
    Action.CAPTURE,
    Action.VOID,
    Action.FULFILL,
    Action.REQUEST_RETURN,
    ReturnAction.RECEIVE,
]
"""Actions that a random search seldom performs, because these actions need several earlier actions."""
AT_LEAST = 5


@asynccontextmanager
async def an_empty_store() -> AsyncIterator[Store]:
    yield memory_store()


def test_invariants_hold_in_memory_after_random_sequences_of_actions() -> None:
    class InMemory(LifecycleMachine):
        open_store = staticmethod(an_empty_store)

    run_state_machine(InMemory, examples=60, steps=50)
    performed = {action: InMemory.performed[action] for action in RARE}
    assert min(performed.values()) >= AT_LEAST, performed
