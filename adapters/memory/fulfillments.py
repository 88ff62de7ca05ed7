from adapters.memory.database import reach
from adapters.memory.orders import order_row
from adapters.memory.transaction import Transaction
from application.orders.ports import FulfillmentRepository
from domain.orders.fulfillment import Fulfillment


class MemoryFulfillmentRepository(FulfillmentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, fulfillment: Fulfillment) -> None:
        await reach()
        self._transaction.ensure_locked(order_row(fulfillment.order_id))
        self._transaction.tables.fulfillments[fulfillment.id] = fulfillment
