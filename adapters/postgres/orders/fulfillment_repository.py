from sqlalchemy import insert

from adapters.postgres.core.rows import FulfillmentRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.orders.fulfillment_mapping import fulfillment_values
from application.orders.ports import FulfillmentRepository
from domain.orders.fulfillment import Fulfillment

_ADD = insert(FulfillmentRow)


class PostgresFulfillmentRepository(FulfillmentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, fulfillment: Fulfillment) -> None:
        await self._transaction.execute(_ADD, fulfillment_values(fulfillment))
