from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.idempotency.records import PostgresIdempotencyRecordStore
from application.shared.idempotency import IdempotentOperation
from application.users.views import UserView
from tests.kit.shop import Shop


async def test_each_replay_of_a_stored_result_increments_the_number_of_replays(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory, psql: asyncpg.Connection
) -> None:
    key, view = shop.commands.key("asked", operation=IdempotentOperation.CREATE_USER), await shop.customer()
    async with unit_of_work() as work:
        await work.idempotency.claim([key], UserView)
        await work.idempotency.store({key: view})
        await work.commit()
    for _ in range(2):
        async with unit_of_work() as work:
            assert (await work.idempotency.claim([key], UserView))[key.scope].result == view
            await work.commit()
    assert await psql.fetchval("SELECT replays FROM idempotency_keys") == 2


async def test_claimed_idempotency_key_is_stored_only_together_with_a_result(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory, psql: asyncpg.Connection
) -> None:
    bound, refused = (
        shop.commands.key("one", operation=IdempotentOperation.CREATE_USER),
        shop.commands.key("other", operation=IdempotentOperation.CREATE_USER),
    )
    async with unit_of_work() as work:
        await work.idempotency.claim([bound, refused], UserView)
        await work.idempotency.store({bound: await shop.customer()})
        await work.commit()
    assert [row["key"] for row in await psql.fetch("SELECT key FROM idempotency_keys")] == [bound.key]


async def test_idempotency_record_contains_the_fingerprint_of_the_executed_request(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory
) -> None:
    refused = shop.commands.key("refused", operation=IdempotentOperation.CREATE_USER)
    done = replace(shop.commands.key("done", operation=IdempotentOperation.CREATE_USER), key=refused.key)
    async with unit_of_work() as work:
        assert await work.idempotency.claim([refused, done], UserView) == {}
        await work.idempotency.store({done: await shop.customer()})
        await work.commit()
    async with unit_of_work() as work:
        bound = (await work.idempotency.claim([done], UserView))[done.scope]
    assert bound.fingerprint == done.fingerprint


async def test_pruning_deletes_only_the_older_of_two_idempotency_records(
    shop: Shop, engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory, psql: asyncpg.Connection
) -> None:
    old, young = (
        shop.commands.key("old", operation=IdempotentOperation.CREATE_USER),
        shop.commands.key("young", operation=IdempotentOperation.CREATE_USER),
    )
    async with unit_of_work() as work:
        await work.idempotency.claim([old, young], UserView)
        view = await shop.customer()
        await work.idempotency.store({old: view, young: view})
        await work.commit()
    await psql.execute(
        "UPDATE idempotency_keys SET created_at = now() - interval '4 days' WHERE key = $1", old.key
    )
    assert (
        await PostgresIdempotencyRecordStore(engine).prune(
            before=datetime.now(UTC) - timedelta(days=3), limit=9
        )
        == 1
    )
    assert [row["key"] for row in await psql.fetch("SELECT key FROM idempotency_keys")] == [young.key]
