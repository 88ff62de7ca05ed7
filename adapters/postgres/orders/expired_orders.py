"""Deletion of expired orders that never had a payment, without their idempotency records."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.json_text import to_json
from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import (
    IdempotencyKeyRow,
    OrderHistoryRow,
    OrderLineRow,
    OrderRow,
    PaymentRow,
)
from adapters.postgres.core.schema import JsonText
from adapters.postgres.core.unnest import UnnestedRows
from adapters.postgres.orders.mapping import ORDERS, PLACED_BY, order_from, orders_with_lines
from application.orders.ports import ExpiredOrders
from application.orders.views import OrderView
from application.shared.idempotency import FORMAT_VERSION, UNVERIFIABLE, IdempotentOperation

# `placed_at` is compared as well, because it has an index. Customers are locked before their orders, in the
# same order as when an account is closed.
_LOCK = text("""
    SELECT orders.id
    FROM orders JOIN users ON users.id = orders.customer_id
    WHERE orders.status = 'expired' AND placed_at < :before AND orders.updated_at < :before
      AND NOT EXISTS (SELECT FROM payments WHERE order_id = orders.id)
    ORDER BY placed_at, orders.id
    LIMIT :limit
    FOR NO KEY UPDATE OF users SKIP LOCKED
    FOR UPDATE OF orders SKIP LOCKED
""").bindparams(bindparam("before", type_=DateTime(timezone=True)))
_LOCK_OF_GUESTS = text("""
    SELECT id
    FROM orders
    WHERE customer_id IS NULL AND status = 'expired' AND placed_at < :before AND updated_at < :before
      AND NOT EXISTS (SELECT FROM payments WHERE order_id = orders.id)
    ORDER BY placed_at, id
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
""").bindparams(bindparam("before", type_=DateTime(timezone=True)))
_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
# A separate statement sees payments that were committed before the orders were locked.
_READ = orders_with_lines(
    ORDERS.where(OrderRow.id == _IDS, ~exists().where(PaymentRow.order_id == OrderRow.id))
)
_PRUNED = UnnestedRows("pruned", [Column("order_id", Uuid), Column("result", JsonText)])
_PRINCIPAL = cast(PLACED_BY, Text)
_NEW_RECORD = insert(IdempotencyKeyRow).from_select(
    [
        "principal",
        "operation",
        "key",
        "fingerprint",
        "fingerprint_version",
        "format_version",
        "result",
        "created_at",
    ],
    select(
        _PRINCIPAL,
        literal(IdempotentOperation.PLACE_ORDER.value),
        OrderRow.idempotency_key,
        func.coalesce(OrderRow.fingerprint, b""),
        func.coalesce(OrderRow.fingerprint_version, UNVERIFIABLE),
        literal(FORMAT_VERSION),
        _PRUNED.c.result,
        text("'infinity'::timestamptz"),
    )
    .join(_PRUNED.table, _PRUNED.c.order_id == OrderRow.id)
    # `PostgresIdempotencyRecords` claims keys in the same order.
    .order_by(_PRINCIPAL, OrderRow.idempotency_key),
)
_KEEP_RECORD = _NEW_RECORD.on_conflict_do_update(
    index_elements=[IdempotencyKeyRow.principal, IdempotencyKeyRow.operation, IdempotencyKeyRow.key],
    set_={"result": _NEW_RECORD.excluded.result, "created_at": _NEW_RECORD.excluded.created_at},
)
_DELETIONS = (
    delete(OrderHistoryRow).where(OrderHistoryRow.order_id == _IDS),
    delete(OrderLineRow).where(OrderLineRow.order_id == _IDS),
    delete(OrderRow).where(OrderRow.id == _IDS),
)


class PostgresExpiredOrders(ExpiredOrders):
    """Expired orders in PostgreSQL.

    The creation time of the remaining records is 'infinity', so that no release prunes them. A retry claims
    the record, so a concurrent retry and pruning wait for each other: the retry finds either the order or the
    record.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def prune(self, *, before: datetime, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                locked = await connection.execute(_LOCK, {"before": before, "limit": limit})
                ids = list(locked.scalars())
                rest = {"before": before, "limit": limit - len(ids)}
                ids += (await connection.execute(_LOCK_OF_GUESTS, rest)).scalars()
                orders = [order_from(row) for row in await connection.execute(_READ, {"ids": ids})]
                records = [
                    {"order_id": order.id, "result": to_json(OrderView.of(order).without_details())}
                    for order in orders
                ]
                await connection.execute(_KEEP_RECORD, _PRUNED.parameters(records))
                for deletion in _DELETIONS:
                    await connection.execute(deletion, {"ids": [order.id for order in orders]})
        return len(orders)
