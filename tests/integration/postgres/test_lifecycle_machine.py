from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.postgres.checks.invariant_checks import PostgresInvariantChecks
from adapters.postgres.core.engine import create_checking_engine
from tests.kit.lifecycle_machine import LifecycleMachine
from tests.kit.postgres_store import postgres_store
from tests.kit.searching import run_state_machine
from tests.kit.store import Store
from tests.servers.databases import create_copy, drop


def test_invariants_hold_in_postgresql_after_random_sequences_of_actions(
    database_server: str, migrated_template: str
) -> None:
    """The check of invariants also reports no violation at the end of each example."""

    @asynccontextmanager
    async def a_new_store() -> AsyncIterator[Store]:
        url = await create_copy(database_server, migrated_template)
        async with postgres_store(url) as store:
            yield store
            findings = await PostgresInvariantChecks(create_checking_engine(url)).run()
        await drop(database_server, url)
        assert not [finding for finding in findings if finding.count]

    class InPostgres(LifecycleMachine):
        open_store = staticmethod(a_new_store)
        checks_each_step = False

    run_state_machine(InPostgres, examples=8, steps=40)
