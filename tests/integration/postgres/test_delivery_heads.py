"""The heads of the delivery queue: the cost of leasing deliveries, and the correctness after concurrent writes.

Some writes use the statements of the former release.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core import migrations
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.webhooks.delivery_queue import PostgresDeliveryQueue
from adapters.system import UuidV7Factory
from application.webhooks.deliver_webhooks import LEASE
from application.webhooks.ports import UndeliveredFilter
from domain.shared.ids import EndpointId
from tests.integration.postgres.sent import statements_of
from tests.kit.postgres_store import SECRET_BOX
from tests.servers.databases import connected

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ENDPOINT, ORDER, OTHER_ORDER = (UUID(int=number) for number in (1, 2, 3))
DELIVERIES = 100_000

Write = Callable[[asyncpg.Connection, int], Coroutine[Any, Any, None]]

# These statements write deliveries as the former release does: without heads.
_ADD_ENDPOINT = (
    "INSERT INTO webhook_endpoints (id, url, event_types, secret, created_at) "
    "VALUES ($1, 'https://ann.example.com/', '{}', 'secret', now())"
)
_ADD = (
    "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, aggregate_id, position, status, attempts, "
    "due_at, created_at) VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'order.placed', $2, $3, 'pending', 0, $4, $4)"
)
_SET = "UPDATE webhook_deliveries SET status = $3, due_at = $4 WHERE endpoint_id = $1 AND position = $2"
_HEADS = "SELECT endpoint_id, aggregate_id, position, due_at FROM webhook_delivery_heads ORDER BY 1, 2"
_TRUE_HEADS = (
    "SELECT DISTINCT ON (endpoint_id, aggregate_id) endpoint_id, aggregate_id, position, due_at "
    "FROM webhook_deliveries WHERE status = 'pending' ORDER BY endpoint_id, aggregate_id, position"
)
_MANY = """
INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, aggregate_id, position, status, attempts,
                                due_at, created_at)
SELECT gen_random_uuid(), $1, gen_random_uuid(), 'order.placed', md5((number % $4::bigint)::text)::uuid, number,
       'pending', 0, CASE WHEN number <= $4 THEN $5 ELSE $2::timestamptz END, $2
FROM generate_series(1, $3::bigint) AS number
"""
_THEIR_EVENTS = """
INSERT INTO outbox (id, type, aggregate_type, aggregate_id, aggregate_version, occurred_at, data, position)
SELECT event_id, event_type, 'order', aggregate_id, position, created_at, '{}', position FROM webhook_deliveries
"""


async def add(psql: asyncpg.Connection, position: int, order: UUID = ORDER) -> None:
    await psql.execute(_ADD, ENDPOINT, order, position, NOW)


async def finish(psql: asyncpg.Connection, position: int) -> None:
    await psql.execute(_SET, ENDPOINT, position, "delivered", NOW)


async def retry(psql: asyncpg.Connection, position: int) -> None:
    await psql.execute(_SET, ENDPOINT, position, "pending", NOW)


async def postpone(psql: asyncpg.Connection, position: int) -> None:
    await psql.execute(_SET, ENDPOINT, position, "pending", NOW + timedelta(hours=1))


async def heads(psql: asyncpg.Connection) -> list[int]:
    """Return the positions of the stored heads. Check that the heads agree with all deliveries."""
    kept = await psql.fetch(_HEADS)
    assert kept == await psql.fetch(_TRUE_HEADS)
    return [head["position"] for head in kept]


@pytest.fixture
async def endpoint(psql: asyncpg.Connection) -> UUID:
    await psql.execute(_ADD_ENDPOINT, ENDPOINT)
    return ENDPOINT


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database_url) as connection:
        yield connection


@pytest.mark.usefixtures("endpoint")
async def test_delivery_heads_are_updated_when_the_former_release_changes_deliveries(
    psql: asyncpg.Connection,
) -> None:
    for position in (5, 3, 7):
        await add(psql, position)
    await add(psql, 4, OTHER_ORDER)
    assert await heads(psql) == [3, 4]
    await postpone(psql, 3)
    await postpone(psql, 7)
    assert await heads(psql) == [3, 4]
    await finish(psql, 5)
    await finish(psql, 3)
    assert await heads(psql) == [7, 4]
    await retry(psql, 3)
    assert await heads(psql) == [3, 4]
    await psql.execute("DELETE FROM webhook_deliveries WHERE position = 3")
    assert await heads(psql) == [7, 4]
    await psql.execute("UPDATE webhook_deliveries SET status = 'dead'")
    assert await heads(psql) == []


@pytest.mark.usefixtures("endpoint")
async def test_delivery_heads_of_an_endpoint_are_deleted_with_the_endpoint(psql: asyncpg.Connection) -> None:
    await add(psql, 1)
    await psql.execute("DELETE FROM webhook_endpoints")
    assert await heads(psql) == []


async def test_migration_creates_delivery_heads_for_stored_deliveries(empty_database_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    await asyncio.to_thread(migrations.downgrade, empty_database_url, "0027")
    async with connected(empty_database_url) as psql:
        await psql.execute(_ADD_ENDPOINT, ENDPOINT)
        for position in (2, 1, 3):
            await add(psql, position)
        await finish(psql, 1)
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    async with connected(empty_database_url) as psql:
        assert await heads(psql) == [2]


async def wait_until_blocked(psql: asyncpg.Connection, other: asyncpg.Connection) -> None:
    blocking = "SELECT cardinality(pg_blocking_pids($1))"
    async with asyncio.timeout(20):
        while not await psql.fetchval(blocking, other.get_server_pid()):
            """The query takes its time, so this does not spin."""


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize(
    ("delivered", "pending", "first", "second", "expected"),
    [
        ([], [1], (finish, 1), (add, 2), [2]),
        ([], [1], (add, 2), (finish, 1), [2]),
        ([], [], (add, 1), (add, 2), [1]),
        ([], [], (add, 2), (add, 1), [1]),
        ([], [1, 3], (finish, 1), (finish, 3), []),
        ([], [1, 3], (finish, 3), (finish, 1), []),
        ([0], [1], (retry, 0), (finish, 1), [0]),
        ([0], [1], (finish, 1), (retry, 0), [0]),
        ([0, 1], [], (retry, 1), (retry, 0), [0]),
    ],
)
async def test_first_pending_delivery_is_the_head_after_concurrent_writes(
    psql: asyncpg.Connection,
    other: asyncpg.Connection,
    delivered: list[int],
    pending: list[int],
    first: tuple[Write, int],
    second: tuple[Write, int],
    expected: list[int],
) -> None:
    for position in (*delivered, *pending):
        await add(psql, position)
    for position in delivered:
        await finish(psql, position)
    async with psql.transaction():
        await first[0](psql, first[1])
        blocked = asyncio.create_task(second[0](other, second[1]))
        await wait_until_blocked(psql, other)
    await blocked
    assert await heads(psql) == expected


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


async def cost_of_take(engine: AsyncEngine, psql: asyncpg.Connection) -> tuple[int, int]:
    """Return how many pages and how many rows one call of `take` reads."""
    queue = PostgresDeliveryQueue(engine, UuidV7Factory(), SECRET_BOX)
    with statements_of(engine) as sent:
        await queue.take(now=NOW, until=NOW + LEASE, limit=20)
    await psql.execute("UPDATE webhook_endpoints SET leased_until = NULL")
    pages = rows = 0
    for statement, parameters in sent:
        transaction = psql.transaction()
        await transaction.start()
        plan = await psql.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *parameters)
        await transaction.rollback()
        root = json.loads(plan)[0]["Plan"]
        pages += root["Shared Hit Blocks"] + root["Shared Read Blocks"]
        rows += sum(
            int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
            for node in _nodes(root)
        )
    return pages, rows


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize(
    ("orders", "due_at"),
    [
        pytest.param(100, NOW + timedelta(hours=1), id="followers of heads that are not due"),
        pytest.param(100, NOW, id="followers of heads that are due"),
        pytest.param(DELIVERIES, NOW, id="heads that are due"),
    ],
)
async def test_cost_of_leasing_is_independent_of_the_number_of_waiting_deliveries(
    engine: AsyncEngine, psql: asyncpg.Connection, orders: int, due_at: datetime
) -> None:
    """Each case has many deliveries of one kind: heads that are due, or deliveries that wait behind a head."""
    await psql.execute(_MANY, ENDPOINT, NOW, DELIVERIES, orders, due_at)
    await psql.execute(_THEIR_EVENTS)
    await psql.execute("VACUUM ANALYZE webhook_deliveries, webhook_delivery_heads, outbox")
    pages, rows = await cost_of_take(engine, psql)
    assert (pages <= 300, rows <= 1_000) == (True, True), (pages, rows)


@pytest.mark.usefixtures("endpoint")
@pytest.mark.parametrize("types", [[], ["order.placed"]], ids=["all types", "one type"])
async def test_bulk_retry_uses_an_index_to_read_deliveries(
    unit_of_work: PostgresUnitOfWorkFactory, engine: AsyncEngine, psql: asyncpg.Connection, types: list[str]
) -> None:
    which = UndeliveredFilter(endpoint_id=EndpointId(ENDPOINT), since=NOW, until=LATER, event_types=types)
    with statements_of(engine) as sent:
        async with unit_of_work() as work:
            await work.webhooks.retry_undelivered(which, limit=10, now=NOW)
    [(statement, parameters)] = sent
    async with psql.transaction():
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            await psql.execute(f"SET LOCAL enable_{way} = off")
        plan = "\n".join(line for (line,) in await psql.fetch(f"EXPLAIN {statement}", *parameters))
    assert "ix_webhook_deliveries_undelivered" in plan
    assert "Sort" not in plan
