from datetime import datetime

from adapters.memory.database import reach
from adapters.memory.transaction import Transaction
from application.payments.ports import ProviderEvent, ProviderEventRecords


class MemoryProviderEventRecords(ProviderEventRecords):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record_once(self, event: ProviderEvent, *, now: datetime) -> bool:  # noqa: ARG002 - kept for pruning only
        await reach()
        key = event.provider, event.event_id
        await self._transaction.lock([("provider_events", *key)])
        if key in self._transaction.tables.provider_events:
            return False
        self._transaction.tables.provider_events[key] = event
        return True
