from datetime import datetime

from adapters.memory.core.database import MemoryDatabase, yield_control
from adapters.memory.core.tables import Tables
from adapters.memory.core.transaction import Transaction
from adapters.memory.orders import order_row, stored_result
from adapters.memory.users import user_row
from application.orders.ports import (
    ExpiredOrders,
)
from application.orders.views import OrderView
from application.shared.idempotency import (
    IdempotentOperation,
    Scope,
    StoredResult,
)
from domain.orders.lifecycle import OrderStatus
from domain.orders.order import Order


class MemoryExpiredOrders(ExpiredOrders):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def prune(self, *, before: datetime, limit: int) -> int:
        transaction = Transaction(self._database, lock_timeout=10)
        try:
            pruned: list[Order] = []
            for order in self._due(before):
                customer = [] if order.customer_id is None else [user_row(order.customer_id)]
                rows = *customer, order_row(order.id)
                if len(pruned) < limit and all([await transaction.try_lock(row) for row in rows]):
                    pruned.append(order)
            await transaction.lock(("idempotency", *_scope_of(order)) for order in pruned)
            await yield_control()
            for order in pruned:
                _prune(transaction.tables, order)
            transaction.commit()
        finally:
            transaction.roll_back()
        return len(pruned)

    def _due(self, before: datetime) -> list[Order]:
        tables = self._database.tables
        paid = {payment.order_id for payment in tables.payments.values()}
        due = [
            order
            for order in tables.orders.values()
            if order.status is OrderStatus.EXPIRED and order.updated_at < before and order.id not in paid
        ]
        return sorted(due, key=lambda order: (order.placed_at, order.id))


def _scope_of(order: Order) -> Scope:
    return str(order.key[0]), IdempotentOperation.PLACE_ORDER, order.idempotency_key


def _prune(tables: Tables, order: Order) -> None:
    """Delete the order, and store its idempotency record permanently."""
    scope = _scope_of(order)
    known = tables.idempotency.get(scope) or stored_result(tables, order.id)
    last_state = OrderView.of(order).without_details()
    tables.idempotency[scope] = StoredResult(known.fingerprint, last_state, known.fingerprint_version)
    tables.order_fingerprints.pop(order.id, None)
    tables.idempotency_stored_at.pop(scope, None)
    for change in [key for key in tables.changes if key[0] == order.id]:
        del tables.changes[change]
    del tables.order_ids[order.key]
    del tables.orders[order.id]
