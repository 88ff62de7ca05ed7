from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.kit.lifecycle_machine import LifecycleMachine
from tests.kit.searching import search
from tests.kit.store import Store, memory_store


@asynccontextmanager
async def an_empty_store() -> AsyncIterator[Store]:
    yield memory_store()


def test_invariants_hold_after_random_sequences_of_actions() -> None:
    class InMemory(LifecycleMachine):
        open_store = staticmethod(an_empty_store)

    search(InMemory, examples=60, steps=50)
