from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy

from adapters.memory.database import reach
from adapters.memory.transaction import IntegrityError, Transaction
from application.orders.ports import OrderExists, OrderRepository
from domain.orders.order import Order
from domain.shared.ids import OrderId, UserId


class MemoryOrderRepository(OrderRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, orders: Sequence[Order]) -> None:
        await reach()
        await self._transaction.lock(
            ("orders.key", order.customer_id.hex, order.idempotency_key) for order in orders
        )
        await self._transaction.lock(("orders", order.id.hex) for order in orders)
        order_ids = self._transaction.tables.order_ids
        for order in orders:
            if order.customer_id not in self._transaction.tables.users:
                self._transaction.fail(IntegrityError("order of a customer who does not exist"))
            if (order.customer_id, order.idempotency_key) in order_ids:
                self._transaction.fail(OrderExists())
            order_ids[order.customer_id, order.idempotency_key] = order.id
            self._write(order)

    async def get(self, order_id: OrderId) -> Order | None:
        await self._transaction.lock([("orders", order_id.hex)])
        await reach()
        return deepcopy(self._transaction.tables.orders.get(order_id))

    async def find_by_keys(self, keys: Collection[tuple[UserId, str]]) -> Mapping[tuple[UserId, str], Order]:
        await reach()
        tables = self._transaction.tables
        known = set(keys) & tables.order_ids.keys()
        return {key: deepcopy(tables.orders[tables.order_ids[key]]) for key in known}

    async def save(self, order: Order) -> None:
        await reach()
        self._transaction.ensure_locked(("orders", order.id.hex))
        kept = self._transaction.tables.orders[order.id]
        if kept.version != order.version - len(order.changes):
            self._transaction.fail(IntegrityError("order written that another write has changed since"))
        self._write(order)

    def _write(self, order: Order) -> None:
        self._transaction.record(order.take_events())
        for version, change in enumerate(order.changes, order.version - len(order.changes) + 1):
            self._transaction.tables.changes[order.id, version] = change
        order.changes.clear()
        self._transaction.tables.orders[order.id] = deepcopy(order)
