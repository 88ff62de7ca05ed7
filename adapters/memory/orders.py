from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from adapters.memory.catalog import stock_row
from adapters.memory.core.copying import copied
from adapters.memory.core.database import Row, yield_control
from adapters.memory.core.tables import Tables
from adapters.memory.core.transaction import IntegrityError, Transaction
from adapters.memory.users import user_row
from application.orders.ports import (
    FulfillmentRepository,
    OrderExists,
    OrderRepository,
    PlacementContext,
    ReturnRepository,
)
from application.orders.views import OrderView
from application.shared.idempotency import (
    FINGERPRINT_VERSION,
    UNVERIFIABLE,
    IdempotencyKey,
    StoredResult,
)
from domain.orders.fulfillment import Fulfillment
from domain.orders.hold_limits import CustomerHolds
from domain.orders.lifecycle import OrderStatus
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn
from domain.orders.order_state import OrderKey
from domain.orders.placing import ProductsWithStock
from domain.shared.ids import OrderId, ProductId, UserId
from domain.users.email_address import EmailAddress


def order_row(order_id: OrderId) -> Row:
    """Return the row to lock before changing an order or a record that belongs to the order."""
    return "orders", order_id.hex


class MemoryOrderRepository(OrderRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def await_locks(self, customer_ids: Collection[UserId], product_ids: Collection[ProductId]) -> None:
        await self._transaction.lock(map(user_row, customer_ids))
        await self._transaction.lock(map(stock_row, product_ids))

    async def lock_for_placing(
        self,
        customer_ids: Collection[UserId],
        product_ids: Collection[ProductId],
        *,
        keys: Collection[IdempotencyKey],
        holds_at: datetime | None,
    ) -> PlacementContext:
        rows: dict[UserId | ProductId, Row] = {
            **{customer_id: user_row(customer_id) for customer_id in customer_ids},
            **{product_id: stock_row(product_id) for product_id in product_ids},
        }
        passed_over = {id_ for id_, row in rows.items() if not await self._transaction.try_lock(row)}
        await yield_control()
        tables = self._transaction.tables
        holds = {
            customer_id: CustomerHolds(status=user.status, email_verified=user.email_verified)
            for customer_id in customer_ids
            if (user := tables.users.get(customer_id))
        }
        for order in tables.orders.values():
            is_unpaid = order.status is OrderStatus.PENDING_PAYMENT
            if holds_at and is_unpaid and order.customer_id in holds and not order.is_due(holds_at):
                held = holds[order.customer_id]
                held.unpaid_orders += 1
                for line in order.lines:
                    held.units[line.product_id] = held.units.get(line.product_id, 0) + line.left_to_ship
        known = sorted(set(product_ids) & tables.stocks.keys())
        products = ProductsWithStock(
            {id_: copied(tables.products[id_]) for id_ in known},
            {id_: copied(tables.stocks[id_]) for id_ in known if id_ not in passed_over},
        )
        used_keys = {key.scope for key in keys} & tables.idempotency.keys()
        locked_elsewhere = frozenset(passed_over & {*known, *holds})
        return PlacementContext(products, holds, locked_elsewhere, frozenset(used_keys))

    async def add(self, orders: Sequence[Order], *, fingerprints: Sequence[bytes] = ()) -> None:
        await yield_control()
        await self._transaction.lock(
            ("orders.key", order.key[0].hex, order.idempotency_key) for order in orders
        )
        await self._transaction.lock(order_row(order.id) for order in orders)
        order_ids = self._transaction.tables.order_ids
        for order in orders:
            if order.customer_id is not None and order.customer_id not in self._transaction.tables.users:
                self._transaction.fail(IntegrityError("order of a customer who does not exist"))
            if order.key in order_ids:
                self._transaction.fail(OrderExists())
            order_ids[order.key] = order.id
            self._write(order)
        fingerprinted = zip((order.id for order in orders), fingerprints, strict=False)
        self._transaction.tables.order_fingerprints.update(fingerprinted)

    async def get(self, order_id: OrderId) -> Order | None:
        await self._transaction.lock([order_row(order_id)])
        await yield_control()
        return copied(self._transaction.tables.orders.get(order_id))

    async def find_by_keys(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, StoredResult[OrderView]]:
        await yield_control()
        tables = self._transaction.tables
        known = set(keys) & tables.order_ids.keys()
        return {key: stored_result(tables, tables.order_ids[key]) for key in known}

    async def of_guest(self, email: EmailAddress) -> Sequence[Order]:
        await yield_control()
        await self._transaction.lock(map(order_row, self._of_guest(email)))
        orders = self._transaction.tables.orders
        return [copied(orders[order_id]) for order_id in self._of_guest(email)]

    async def renew_token(self, order_id: OrderId) -> int | None:
        await yield_control()
        await self._transaction.lock([order_row(order_id)])
        tables = self._transaction.tables
        version = token_version_of(tables, order_id)
        if version is None:
            return None
        tables.order_token_versions[order_id] = version + 1
        return version + 1

    async def pending_of(self, customer_id: UserId) -> Sequence[Order]:
        await yield_control()
        await self._transaction.lock(map(order_row, self._pending_of(customer_id)))
        orders = self._transaction.tables.orders
        return [copied(orders[order_id]) for order_id in self._pending_of(customer_id)]

    async def due(self, now: datetime, *, limit: int) -> Sequence[Order]:
        await yield_control()
        taken: list[OrderId] = []
        for order_id in self._due(now):
            if len(taken) < limit and await self._transaction.try_lock(order_row(order_id)):
                taken.append(order_id)
        return self._still_due(taken, now)

    async def due_holding(
        self, product_ids: Collection[ProductId], now: datetime, *, limit: int
    ) -> Sequence[Order]:
        await yield_control()
        orders = self._transaction.tables.orders
        holding = [id_ for id_ in self._due(now) if not orders[id_].product_ids.isdisjoint(product_ids)]
        await self._transaction.lock(map(order_row, holding[:limit]))
        return self._still_due(holding[:limit], now)

    async def save(self, orders: Sequence[Order]) -> None:
        await yield_control()
        for order in orders:
            self._transaction.ensure_locked(order_row(order.id))
            stored = self._transaction.tables.orders[order.id]
            if stored.version != order.version - len(order.changes):
                self._transaction.fail(IntegrityError("order written that another write has changed since"))
            self._write(order)

    def _of_guest(self, email: EmailAddress) -> list[OrderId]:
        orders = self._transaction.tables.orders.values()
        return sorted(order.id for order in orders if order.guest and order.guest.email == email)

    def _pending_of(self, customer_id: UserId) -> list[OrderId]:
        return sorted(
            order.id
            for order in self._transaction.tables.orders.values()
            if order.customer_id == customer_id and order.status is OrderStatus.PENDING_PAYMENT
        )

    def _due(self, now: datetime) -> list[OrderId]:
        orders = self._transaction.tables.orders.values()
        due = [order for order in orders if order.status is OrderStatus.PENDING_PAYMENT and order.is_due(now)]
        return [order.id for order in sorted(due, key=lambda order: (order.expires_at, order.id))]

    def _still_due(self, order_ids: Iterable[OrderId], now: datetime) -> list[Order]:
        """Return the orders that are still due. The caller has locked all the orders."""
        still = set(self._due(now))
        return [copied(self._transaction.tables.orders[id_]) for id_ in order_ids if id_ in still]

    def _write(self, order: Order) -> None:
        if order.refundable_amount < 0:
            self._transaction.fail(IntegrityError("order with more refunded than was paid"))
        self._transaction.record(order.take_events())
        for version, change in enumerate(order.changes, order.version - len(order.changes) + 1):
            self._transaction.tables.changes[order.id, version] = change
        order.changes.clear()
        self._transaction.tables.orders[order.id] = copied(order)


def token_version_of(tables: Tables, order_id: OrderId) -> int | None:
    order = tables.orders.get(order_id)
    return tables.order_token_versions.get(order_id, 1) if order and order.guest else None


def stored_result(tables: Tables, order_id: OrderId) -> StoredResult[OrderView]:
    fingerprint = tables.order_fingerprints.get(order_id)
    version = FINGERPRINT_VERSION if fingerprint else UNVERIFIABLE
    return StoredResult(fingerprint or b"", OrderView.of(tables.orders[order_id]), version)


class MemoryFulfillmentRepository(FulfillmentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, fulfillment: Fulfillment) -> None:
        await yield_control()
        self._transaction.ensure_locked(order_row(fulfillment.order_id))
        self._transaction.tables.fulfillments[fulfillment.id] = fulfillment


class MemoryReturnRepository(ReturnRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, requested: OrderReturn) -> None:
        await self.save(requested)

    async def save(self, changed: OrderReturn) -> None:
        await yield_control()
        self._transaction.ensure_locked(order_row(changed.order_id))
        self._transaction.tables.returns[changed.id] = copied(changed)

    async def of_order(self, order_id: OrderId) -> Sequence[OrderReturn]:
        await yield_control()
        self._transaction.ensure_locked(order_row(order_id))
        returns = [each for each in self._transaction.tables.returns.values() if each.order_id == order_id]
        return [copied(each) for each in sorted(returns, key=lambda each: (each.requested_at, each.id))]
