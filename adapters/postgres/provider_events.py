from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.mappers.payments import provider_event_values
from adapters.postgres.rows import ProviderEventRow
from adapters.postgres.transaction import Transaction
from application.payments.ports import ProviderEvent, ProviderEventRecords

_ADD = insert(ProviderEventRow).on_conflict_do_nothing()


class PostgresProviderEventRecords(ProviderEventRecords):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def is_news(self, event: ProviderEvent, *, now: datetime) -> bool:
        added = await self._transaction.execute(_ADD, provider_event_values(event, now))
        return added.rowcount == 1
