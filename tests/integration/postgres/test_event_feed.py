"""The event feed has a correct sequence, even if a transaction commits before a transaction that began earlier."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.events import event_feed
from adapters.postgres.events.event_feed import ONE_AT_A_TIME, PostgresEventFeed
from domain.shared.ids import EventId
from tests.integration.postgres.test_indexes import plan_of
from tests.kit.shop import Shop
from tests.servers.databases import connected

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_INSERT = """
    INSERT INTO outbox (id, type, aggregate_type, aggregate_id, aggregate_version, occurred_at, data)
    VALUES ($1, 'order.placed', 'order', $2, $3, $4, '{}')
"""


@asynccontextmanager
async def transaction(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Begin a transaction and assign it a transaction id. A transaction that writes later gets a higher id."""
    async with connected(url) as connection, connection.transaction():
        await connection.execute("SELECT pg_current_xact_id()")
        yield connection


async def happen(
    connection: asyncpg.Connection, aggregate_id: UUID, version: int, *, at: datetime = NOW
) -> EventId:
    event_id = EventId(uuid4())
    await connection.execute(_INSERT, event_id, aggregate_id, version, at)
    return event_id


async def read(shop: Shop, after: EventId | None = None) -> list[EventId]:
    await shop.store.event_feed.publish_new(limit=100)
    portion = await shop.store.event_feed.read(after=after, type_=None, limit=100)
    return [event.id for event in portion.events]


async def test_event_committed_after_a_page_was_read_is_on_the_next_page(
    shop: Shop, database_url: str
) -> None:
    async with transaction(database_url) as early:
        late_event = await happen(early, uuid4(), 1, at=NOW - timedelta(hours=1))
        async with transaction(database_url) as other:
            event = await happen(other, uuid4(), 1)
        assert await read(shop) == [event]
    assert await read(shop, after=event) == [late_event]
    assert await read(shop) == [event, late_event]


async def test_rolled_back_event_leaves_no_gap_in_the_feed(shop: Shop, database_url: str) -> None:
    async with connected(database_url) as psql:
        undone = psql.transaction()
        await undone.start()
        await happen(psql, uuid4(), 1)
        async with transaction(database_url) as other:
            first = await happen(other, uuid4(), 1)
        assert await read(shop) == [first]
        await undone.rollback()
        second = await happen(psql, uuid4(), 1)
    assert await read(shop) == [first, second]
    portion = await shop.store.event_feed.read(after=None, type_=None, limit=10)
    assert [event.position for event in portion.events] == [1, 2]


async def test_sequence_of_events_of_one_aggregate_is_right_with_any_transaction_ids(
    shop: Shop, database_url: str
) -> None:
    """The transaction with the lower id writes the second event of the order, and commits last."""
    order = uuid4()
    async with transaction(database_url) as waiting:
        async with transaction(database_url) as ahead:
            first = await happen(ahead, order, 1)
        second = await happen(waiting, order, 2)
    assert await read(shop) == [first, second]


async def test_sequence_of_events_of_one_aggregate_is_right_if_clocks_differ(
    shop: Shop, database_url: str
) -> None:
    order, other = uuid4(), uuid4()
    async with connected(database_url) as psql:
        third = await happen(psql, order, 3, at=NOW - timedelta(minutes=2))
        second = await happen(psql, order, 2, at=NOW - timedelta(minutes=1))
        first = await happen(psql, order, 1, at=NOW)
        elsewhere = await happen(psql, other, 1, at=NOW - timedelta(seconds=30))
    assert await read(shop) == [elsewhere, first, second, third]


async def test_events_with_the_same_aggregate_and_version_are_sorted_by_id(
    shop: Shop, database_url: str
) -> None:
    order = uuid4()
    async with connected(database_url) as psql:
        events = [await happen(psql, order, 1) for _ in range(5)]
    assert await read(shop) == sorted(events)


async def test_sequence_of_events_of_one_aggregate_is_right_with_any_batch_size(
    shop: Shop, database_url: str
) -> None:
    order = uuid4()
    async with connected(database_url) as psql:
        events = [await happen(psql, order, version) for version in (5, 3, 1, 4, 2)]
    assert await shop.store.event_feed.publish_new(limit=1) == 5
    assert await read(shop) == [events[2], events[4], events[1], events[3], events[0]]


async def test_publishing_new_events_to_the_feed_does_not_wait_for_another_process(
    shop: Shop, database_url: str
) -> None:
    await shop.product()
    async with transaction(database_url) as giving:
        await giving.execute("SELECT pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
        assert await shop.store.event_feed.publish_new(limit=10) == 0
    assert await shop.store.event_feed.publish_new(limit=10) == 1


async def test_filtered_feed_query_reads_a_bounded_number_of_events(
    shop: Shop, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "SCANNED", 3)
    async with connected(database_url) as psql:
        for _ in range(7):
            await happen(psql, uuid4(), 1)
        await shop.store.event_feed.publish_new(limit=100)
        everything = await psql.fetch("SELECT id FROM outbox ORDER BY position")
    portion = await shop.store.event_feed.read(after=None, type_="order.cancelled", limit=100)
    seen = [portion.last]
    while portion.has_more:
        portion = await shop.store.event_feed.read(after=portion.last, type_="order.cancelled", limit=100)
        seen.append(portion.last)
    assert seen == [everything[place]["id"] for place in (2, 5, 6)]


async def test_feed_queries_use_indexes(engine: AsyncEngine, psql: asyncpg.Connection) -> None:
    feed = PostgresEventFeed(engine)
    plan = await plan_of(engine, psql, lambda: feed._read(5, 10, None, 5))
    assert "Index Scan using uq_outbox_position" in plan
