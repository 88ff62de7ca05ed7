from adapters.memory.database import MemoryDatabase, reach
from application.outbox.ports import OutboxQueries


class MemoryOutboxQueries(OutboxQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def count(self, event_type: str) -> int:
        await reach()
        return sum(event.type == event_type for event in self._database.outbox)
