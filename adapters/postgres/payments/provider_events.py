from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.core.rows import ProviderEventRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.payments.mapping import provider_event_values
from application.payments.ports import ProviderEvent, ProviderEventRecords

_ADD = insert(ProviderEventRow).on_conflict_do_nothing()


class PostgresProviderEventRecords(ProviderEventRecords):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record_once(self, event: ProviderEvent, *, now: datetime) -> bool:
        added = await self._transaction.execute(_ADD, provider_event_values(event, now))
        return added.rowcount == 1
