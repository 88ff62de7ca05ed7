from datetime import datetime

from sqlalchemy import DateTime, Text, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import OutboxRow, RetentionMarkRow
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.events.mapping import event_from
from application.events.ports import EventFeed, UnknownEvent
from application.events.views import EventPage, PublishedEvent
from domain.shared.ids import EventId

ONE_AT_A_TIME = int.from_bytes(b"steelyrd", "big") + 1
"""The advisory lock for assigning positions.

The lock is held until the positions are visible to other transactions.
"""

SCANNED = 5000
"""The maximum number of events that one read scans.

The number includes events that do not have the requested type.
"""

_TRY_LOCK = select(func.pg_try_advisory_xact_lock(ONE_AT_A_TIME))

# All new events of an aggregate are published together. Events are sorted by their timestamps. The clocks of
# processes differ, so an event can have an earlier timestamp than the aggregate's previous event. In this case, the
# event is sorted with the timestamp of the previous event.
_PUBLISH = text("""
    WITH taken AS (
        SELECT DISTINCT aggregate_id
        FROM (SELECT aggregate_id FROM outbox WHERE position IS NULL LIMIT :limit) AS waiting
    ),
    dated AS (
        SELECT id, aggregate_id, aggregate_version, max(occurred_at) OVER (
            PARTITION BY aggregate_type, aggregate_id ORDER BY aggregate_version, id
        ) AS happened_at
        FROM outbox JOIN taken USING (aggregate_id)
        WHERE position IS NULL
    ),
    placed AS (
        SELECT id, row_number() OVER (ORDER BY happened_at, aggregate_id, aggregate_version, id) AS place
        FROM dated
    )
    UPDATE outbox
    SET position = placed.place + (SELECT coalesce(max(position), 0) FROM outbox)
    FROM placed
    WHERE outbox.id = placed.id
""")

# The last event is kept, because the next position is computed from it, and publishers continue after it. Events with
# deliveries are kept. Unpublished events are kept too: their position is NULL, and `<>` is not true for NULL. With
# `<` instead of `<>`, PostgreSQL would read the whole index of positions.
_PRUNE = text("""
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox
        WHERE occurred_at < :before AND position <> (SELECT max(position) FROM outbox)
          AND NOT EXISTS (
              SELECT FROM webhook_endpoints e
              JOIN webhook_deliveries d ON d.endpoint_id = e.id AND d.event_id = outbox.id)
        ORDER BY occurred_at
        LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
""").bindparams(bindparam("before", type_=DateTime(timezone=True)))
_NEW_MARK = insert(RetentionMarkRow)
_MARK = _NEW_MARK.on_conflict_do_update(
    index_elements=[RetentionMarkRow.name],
    set_={"pruned_until": func.greatest(RetentionMarkRow.pruned_until, _NEW_MARK.excluded.pruned_until)},
)

_END = select(func.coalesce(func.max(OutboxRow.position), 0).label("position"))
_POSITION_OF = select(OutboxRow.position).where(
    OutboxRow.id == bindparam("id"), OutboxRow.position.is_not(None)
)
_END_OF_SCAN = (
    select(OutboxRow.position)
    .where(OutboxRow.position > bindparam("after"))
    .order_by(OutboxRow.position)
    .offset(bindparam("skipped"))
    .limit(1)
)
_ID_AT = select(OutboxRow.id).where(OutboxRow.position == bindparam("position"))
_READ = (
    select(*columns_of(OutboxRow, without={"data"}), cast(OutboxRow.data, Text).label("data"))
    .where(OutboxRow.position > bindparam("after"), OutboxRow.position <= bindparam("until"))
    .order_by(OutboxRow.position)
    .limit(bindparam("limit"))
)
_READ_TYPE = _READ.where(OutboxRow.type == bindparam("type"))


class PostgresEventFeed(EventFeed):
    """The event feed in PostgreSQL.

    Only one process at a time assigns positions, so the positions have no gaps. Positions are assigned in the
    transaction that publishes the events.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = AutocommitReader(engine)

    async def publish_new(self, *, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                if not (await connection.execute(_TRY_LOCK)).scalar_one():
                    return 0
                # A separate statement sees the positions that the previous lock holder has assigned.
                return (await connection.execute(_PUBLISH, {"limit": limit})).rowcount

    async def read(self, *, after: EventId | None, type_: str | None, limit: int) -> EventPage:
        begin = 0 if after is None else await self._position_of(after)
        [head] = await self._reader.all(_END)
        until = head.position if type_ is None else await self._end_of_scan(begin, head.position)
        found = await self._read(begin, until, type_, limit)
        if len(found) == limit:
            until = found[-1].position
        return EventPage(
            events=found, last=await self._id_at(until, found, after), has_more=until < head.position
        )

    async def prune(self, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(_MARK, {"name": "events", "pruned_until": before})
                return (await connection.execute(_PRUNE, {"before": before, "limit": limit})).rowcount

    async def _end_of_scan(self, begin: int, head: int) -> int:
        row = await self._reader.one_or_none(_END_OF_SCAN, {"after": begin, "skipped": SCANNED - 1})
        return int(row.position) if row else head

    async def _position_of(self, event_id: EventId) -> int:
        row = await self._reader.one_or_none(_POSITION_OF, {"id": event_id})
        if row is None:
            raise UnknownEvent
        return int(row.position)

    async def _read(
        self, begin: int, until: int, type_: str | None, limit: int
    ) -> tuple[PublishedEvent, ...]:
        statement = _READ if type_ is None else _READ_TYPE
        parameters = {"after": begin, "until": until, "limit": limit}
        rows = await self._reader.all(
            statement, parameters if type_ is None else {**parameters, "type": type_}
        )
        return tuple(map(event_from, rows))

    async def _id_at(
        self, position: int, found: tuple[PublishedEvent, ...], after: EventId | None
    ) -> EventId | None:
        if found and found[-1].position == position:
            return found[-1].id
        row = await self._reader.one_or_none(_ID_AT, {"position": position})
        return EventId(row.id) if row else after
