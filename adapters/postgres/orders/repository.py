from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain, repeat

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Executable,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    insert,
    literal,
    select,
    update,
)

from adapters.postgres.core.rows import FulfillmentRow, OrderHistoryRow, OrderLineRow, OrderRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from adapters.postgres.events.outbox import Outbox
from adapters.postgres.orders.mapping import (
    ORDERS,
    PLACED_BY,
    change_values,
    fulfillment_values,
    line_values,
    order_from,
    order_values,
    orders_with_lines,
    result_from,
)
from adapters.postgres.orders.placing import await_locks, lock_for_placing
from application.orders.ports import FulfillmentRepository, OrderRepository, PlacementContext
from application.orders.views import OrderView
from application.shared.idempotency import FINGERPRINT_VERSION, IdempotencyKey, StoredResult
from domain.orders.fulfillment import Fulfillment
from domain.orders.lifecycle import OrderStatus
from domain.orders.order import Order
from domain.orders.order_state import OrderKey, key_of
from domain.shared.ids import OrderId, ProductId, UserId
from domain.users.email_address import EmailAddress

_ADDED = UnnestedRows(
    "new_orders",
    columns_of(OrderRow, without={"order_token_version"}),
    repeated={
        "status",
        "currency",
        "authorized_amount",
        "paid_amount",
        "refunded_amount",
        "refunding_amount",
        "cancelled_amount",
        "metadata",
        "expires_at",
        "is_hold_extended",
        "open_disputes",
        "placed_at",
        "updated_at",
        "version",
        "fingerprint_version",
    },
)
_COUNTERS = ("fulfilled", "cancelled", "returned", "refunded")
_ADDED_LINES = UnnestedRows("new_lines", columns_of(OrderLineRow), repeated=(*_COUNTERS, "quantity"))
_LINES = UnnestedRows("given_lines", columns_of(OrderLineRow))
_HISTORY = UnnestedRows(
    "given_history",
    columns_of(OrderHistoryRow),
    repeated={"version", "action", "target", "occurred_at"},
)
_KEY = ("placed_by", "idempotency_key")
_KEYS = UnnestedRows("given_keys", [column for column in columns_of(OrderRow) if column.name in _KEY])
_CHANGING = (
    "customer_id",
    "guest_email",
    "guest_email_typed",
    "guest_name",
    "status",
    "authorized_amount",
    "paid_amount",
    "refunded_amount",
    "refunding_amount",
    "cancelled_amount",
    "shipping_address",
    "note",
    "metadata",
    "expires_at",
    "is_hold_extended",
    "open_disputes",
    "updated_at",
    "version",
)
_CHANGED = UnnestedRows(
    "changed_orders",
    [
        *(column for column in columns_of(OrderRow) if column.name in {"id", *_CHANGING}),
        Column("read_version", BigInteger),
    ],
)

_ADD, _ADD_LINES = _ADDED.added_to(OrderRow), _ADDED_LINES.added_to(OrderLineRow)
_ADD_HISTORY = _HISTORY.added_to(OrderHistoryRow)
_FIND = orders_with_lines(
    ORDERS.join(
        _KEYS.table,
        and_(_KEYS.c.placed_by == PLACED_BY, OrderRow.idempotency_key == _KEYS.c.idempotency_key),
    )
)
_DUE = (
    select(OrderRow.id)
    .where(
        # The status is a literal. With a bound value, PostgreSQL does not use the partial index on due orders.
        OrderRow.status == literal(OrderStatus.PENDING_PAYMENT.value, literal_execute=True),
        OrderRow.expires_at <= bindparam("now"),
    )
    .order_by(OrderRow.expires_at, OrderRow.id)
    .limit(bindparam("limit"))
)
_LOCK = select(OrderRow.id).where(OrderRow.id == bindparam("id")).with_for_update()
_LOCK_OF_GUEST = (
    select(OrderRow.id)
    .where(OrderRow.guest_email == bindparam("email"))
    .order_by(OrderRow.id)
    .with_for_update()
)
_RENEW_TOKEN = (
    update(OrderRow)
    .values(order_token_version=OrderRow.order_token_version + 1)
    .where(OrderRow.id == bindparam("order_id"), OrderRow.guest_email.is_not(None))
    .returning(OrderRow.order_token_version)
)
_LOCK_PENDING = (
    select(OrderRow.id)
    .where(OrderRow.customer_id == bindparam("customer_id"), OrderRow.status == OrderStatus.PENDING_PAYMENT)
    .order_by(OrderRow.id)
    .with_for_update()
)
_LOCK_DUE = _DUE.with_for_update(skip_locked=True)
_LOCK_DUE_HOLDING = _DUE.where(
    exists().where(
        OrderLineRow.order_id == OrderRow.id,
        OrderLineRow.product_id == any_(bindparam("product_ids", type_=ARRAY(Uuid))),
    )
).with_for_update()
_GET = orders_with_lines(ORDERS.where(OrderRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
_UPDATED = (
    update(OrderRow)
    .values({column: _CHANGED.c[column.name] for column in columns_of(OrderRow) if column.name in _CHANGING})
    .where(OrderRow.id == _CHANGED.c.id, OrderRow.version == _CHANGED.c.read_version)
    .returning(OrderRow.id)
    .cte("updated")
)
_UPDATED_LINES = (
    update(OrderLineRow)
    .values({name: _LINES.c[name] for name in _COUNTERS})
    .where(OrderLineRow.order_id == _LINES.c.order_id, OrderLineRow.id == _LINES.c.id)
    .cte("updated_lines")
)
# A row of the history is written only if its order still has the version that was read. If fewer rows than expected
# are written, another transaction has changed an order.
_SAVE = (
    insert(OrderHistoryRow)
    .from_select(
        [column.name for column in columns_of(OrderHistoryRow)],
        select(*_HISTORY.values).join(_UPDATED, _UPDATED.c.id == _HISTORY.c.order_id),
    )
    .add_cte(_UPDATED_LINES)
    .execution_options(preserve_rowcount=True)
)
_ADD_FULFILLMENT = insert(FulfillmentRow)


class PostgresOrderRepository(OrderRepository):
    def __init__(self, transaction: Transaction, outbox: Outbox) -> None:
        self._transaction = transaction
        self._outbox = outbox

    async def await_locks(self, customer_ids: Collection[UserId], product_ids: Collection[ProductId]) -> None:
        await await_locks(self._transaction, customer_ids, product_ids)

    async def lock_for_placing(
        self,
        customer_ids: Collection[UserId],
        product_ids: Collection[ProductId],
        *,
        keys: Collection[IdempotencyKey],
        holds_at: datetime | None,
    ) -> PlacementContext:
        return await lock_for_placing(
            self._transaction, customer_ids, product_ids, keys=keys, holds_at=holds_at
        )

    async def add(self, orders: Sequence[Order], *, fingerprints: Sequence[bytes] = ()) -> None:
        if orders:
            given = zip(orders, fingerprints or repeat(None), strict=False)
            lines = list(chain.from_iterable(map(_lines, orders)))
            history = list(chain.from_iterable(map(self._happened, orders)))
            await self._transaction.write_later(
                {_ADD: len(orders), _ADD_LINES: len(lines), _ADD_HISTORY: len(history)},
                _ADDED.parameters(_new_order_values(order, fingerprint) for order, fingerprint in given)
                | _ADDED_LINES.parameters(lines)
                | _HISTORY.parameters(history),
            )

    async def get(self, order_id: OrderId) -> Order | None:
        orders = await self._locked(_LOCK, {"id": order_id})
        return orders[0] if orders else None

    async def find_by_keys(self, keys: Collection[OrderKey]) -> Mapping[OrderKey, StoredResult[OrderView]]:
        given = _KEYS.parameters(dict(zip(_KEY, key, strict=True)) for key in keys)
        rows = await self._transaction.execute(_FIND, given)
        return {
            key_of(UserId(row.placed_by or row.customer_id), row.idempotency_key): result_from(row)
            for row in rows
        }

    async def of_guest(self, email: EmailAddress) -> Sequence[Order]:
        return await self._locked(_LOCK_OF_GUEST, {"email": email.normalized})

    async def renew_token(self, order_id: OrderId) -> int | None:
        renewed = await self._transaction.execute(_RENEW_TOKEN, {"order_id": order_id})
        return renewed.scalar_one_or_none()

    async def pending_of(self, customer_id: UserId) -> Sequence[Order]:
        return await self._locked(_LOCK_PENDING, {"customer_id": customer_id})

    async def due(self, now: datetime, *, limit: int) -> Sequence[Order]:
        return await self._locked(_LOCK_DUE, {"now": now, "limit": limit})

    async def due_holding(
        self, product_ids: Collection[ProductId], now: datetime, *, limit: int
    ) -> Sequence[Order]:
        return await self._locked(
            _LOCK_DUE_HOLDING, {"product_ids": list(product_ids), "now": now, "limit": limit}
        )

    async def save(self, orders: Sequence[Order]) -> None:
        changed = [order for order in orders if order.changes]
        if changed:
            updates = _CHANGED.parameters(map(_update, changed))
            lines = _LINES.parameters(chain.from_iterable(map(_lines, changed)))
            history = list(chain.from_iterable(map(self._happened, changed)))
            await self._transaction.write(
                _SAVE, updates | lines | _HISTORY.parameters(history), rows=len(history)
            )

    async def _locked(self, lock: Executable, parameters: Mapping[str, object]) -> list[Order]:
        """Lock orders, then read them by a second statement.

        The second statement sees changes that were committed during the wait for the locks.
        """
        ids = (await self._transaction.execute(lock, parameters)).scalars().all()
        if not ids:
            return []
        orders = {row.id: order_from(row) for row in await self._transaction.execute(_GET, {"ids": ids})}
        return [orders[order_id] for order_id in ids]

    def _happened(self, order: Order) -> list[dict[str, object]]:
        """Write the order's new events to the outbox. Return rows for the new status changes."""
        self._outbox.record(order.take_events())
        first = order.version - len(order.changes) + 1
        rows = [
            change_values(order.id, version, change) for version, change in enumerate(order.changes, first)
        ]
        order.changes.clear()
        return rows


class PostgresFulfillmentRepository(FulfillmentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, fulfillment: Fulfillment) -> None:
        await self._transaction.execute(_ADD_FULFILLMENT, fulfillment_values(fulfillment))


def _new_order_values(order: Order, fingerprint: bytes | None) -> dict[str, object]:
    version = None if fingerprint is None else FINGERPRINT_VERSION
    return {**order_values(order), "fingerprint": fingerprint, "fingerprint_version": version}


def _update(order: Order) -> dict[str, object]:
    """Return the columns of a changed order, and its version before the changes as `read_version`.

    Each new status change has increased the version by one.
    """
    return {**order_values(order), "read_version": order.version - len(order.changes)}


def _lines(order: Order) -> list[dict[str, object]]:
    return [line_values(order.id, position, line) for position, line in enumerate(order.lines)]
