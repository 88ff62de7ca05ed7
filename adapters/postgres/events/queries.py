from collections import Counter
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import OutboxRow
from application.events.ports import OutboxQueries


class PostgresOutboxQueries(OutboxQueries):
    """Queries of the outbox.

    The queries use no index, because they are rare: people run them to reconcile data.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def counts(self, *, of: Collection[UUID] | None = None) -> Counter[str]:
        statement = select(OutboxRow.type, func.count().label("events")).group_by(OutboxRow.type)
        if of is not None:
            statement = statement.where(OutboxRow.aggregate_id == any_(literal(list(of), ARRAY(Uuid))))
        return Counter({row.type: row.events for row in await self._reader.all(statement)})
