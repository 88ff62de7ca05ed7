"""Deletion of expired orders that never had a payment. Their idempotency records remain."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

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

# Orders that had a payment are never pruned, so their number grows. Therefore each statement examines a limited
# number of orders. The next statement continues after the last examined order. With NOT EXISTS, PostgreSQL
# could read all payments. The scalar subquery reads only one index entry of `payments` for each order.
_EXAMINE = text("""
    SELECT placed_at, id,
           updated_at < :before
               AND (SELECT true FROM payments WHERE order_id = orders.id LIMIT 1) IS NULL AS can_be_pruned
    FROM orders
    WHERE status = 'expired' AND placed_at < :before AND (placed_at, id) > (:after_time, :after_id)
    ORDER BY placed_at, id
    LIMIT :limit
""").bindparams(
    bindparam("before", type_=DateTime(timezone=True)),
    bindparam("after_time", type_=DateTime(timezone=True)),
    bindparam("after_id", type_=Uuid),
)
_CHOSEN = bindparam("chosen", type_=ARRAY(Uuid)), bindparam("before", type_=DateTime(timezone=True))
# Customers are locked before their orders, as when an account is closed.
_LOCK = text("""
    SELECT orders.id
    FROM orders JOIN users ON users.id = orders.customer_id
    WHERE orders.id = ANY (:chosen) AND orders.status = 'expired' AND orders.updated_at < :before
      AND NOT EXISTS (SELECT FROM payments WHERE order_id = orders.id)
    ORDER BY placed_at, orders.id
    FOR NO KEY UPDATE OF users SKIP LOCKED
    FOR UPDATE OF orders SKIP LOCKED
""").bindparams(*_CHOSEN)
_LOCK_OF_GUESTS = text("""
    SELECT id
    FROM orders
    WHERE id = ANY (:chosen) AND customer_id IS NULL AND status = 'expired' AND updated_at < :before
      AND NOT EXISTS (SELECT FROM payments WHERE order_id = orders.id)
    ORDER BY placed_at, id
    FOR UPDATE SKIP LOCKED
""").bindparams(*_CHOSEN)
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
    # `PostgresIdempotencyRecords` locks keys in the same sequence, so no deadlock can occur.
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


_START = datetime.min.replace(tzinfo=UTC), UUID(int=0)
_EXAMINED_AT_ONCE = 2000


class PostgresExpiredOrders(ExpiredOrders):
    """Expired orders in PostgreSQL.

    When an order is pruned, an idempotency record for its key stays stored. The creation time of the record is
    'infinity', so that no release prunes the record.

    While an order is pruned, a client can send the request that placed the order again. The pruning
    transaction and the transaction of the repeated request write a record with the same key. Therefore one of
    the two waits for the other, and the repeated request finds either the order or the record.

    Each call continues after the last order that the previous call examined. When no order is left, the next call
    begins with the oldest order.
    """

    def __init__(self, engine: AsyncEngine, *, examined_at_once: int = _EXAMINED_AT_ONCE) -> None:
        self._engine = engine
        self._examined_at_once = examined_at_once
        self._after = _START

    async def prune(self, *, before: datetime, limit: int) -> int:
        pruned = 0
        with translated():
            while pruned < limit:
                chosen = await self._choose(before, limit - pruned)
                pruned += await self._delete(chosen, before) if chosen else 0
                if self._after == _START:
                    break
        return pruned

    async def _choose(self, before: datetime, limit: int) -> list[UUID]:
        """Return at most `limit` orders to prune, without locking them."""
        chosen: list[UUID] = []
        while True:
            after_time, after_id = self._after
            parameters = {"before": before, "after_time": after_time, "after_id": after_id}
            async with self._engine.begin() as connection:
                found = await connection.execute(_EXAMINE, {**parameters, "limit": self._examined_at_once})
                examined = found.all()
            for row in examined:
                self._after = row.placed_at, row.id
                if row.can_be_pruned:
                    chosen.append(row.id)
                if len(chosen) == limit:
                    return chosen
            if len(examined) < self._examined_at_once:
                self._after = _START
                return chosen

    async def _delete(self, chosen: Collection[UUID], before: datetime) -> int:
        """Delete the orders that no other transaction has locked. Return how many were deleted."""
        parameters = {"before": before, "chosen": list(chosen)}
        async with self._engine.begin() as connection:
            ids = list((await connection.execute(_LOCK, parameters)).scalars())
            ids += (await connection.execute(_LOCK_OF_GUESTS, parameters)).scalars()
            orders = [order_from(row) for row in await connection.execute(_READ, {"ids": ids})]
            records = [
                {"order_id": order.id, "result": to_json(OrderView.of(order).without_details())}
                for order in orders
            ]
            await connection.execute(_KEEP_RECORD, _PRUNED.parameters(records))
            for deletion in _DELETIONS:
                await connection.execute(deletion, {"ids": [order.id for order in orders]})
        return len(orders)
