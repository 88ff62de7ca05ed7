from collections.abc import Collection
from uuid import UUID

from adapters.memory.database import MemoryDatabase, reach
from application.events.ports import OutboxQueries


class MemoryOutboxQueries(OutboxQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def count(self, event_type: str, *, of: Collection[UUID] | None = None) -> int:
        await reach()
        return sum(
            event.type == event_type and (of is None or event.aggregate_id in of)
            for event in self._database.outbox
        )
