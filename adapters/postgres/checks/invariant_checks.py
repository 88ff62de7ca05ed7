"""The invariants of the shop, as queries for what offends against them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, Text, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.core.errors import translated
from application.checks.ports import Finding, Invariant, InvariantChecks
from domain.orders.lifecycle import TRANSITIONS

SHOWN = 20
"""How many offenders are named for each invariant."""

_OFFENDERS: Mapping[Invariant, str] = {
    Invariant.NOTHING_OVERSOLD: """
        SELECT l.product_id AS offender
        FROM order_lines l JOIN orders o ON o.id = l.order_id AND o.status IN ('confirmed', 'fulfilled')
        GROUP BY l.product_id
        HAVING sum(l.quantity - l.cancelled) > (
            SELECT coalesce(sum(m.on_hand_delta), 0) FROM stock_movements m
            WHERE m.product_id = l.product_id AND m.reason <> 'shipped')""",
    Invariant.RESERVED_WITHIN_ON_HAND: """
        SELECT product_id AS offender FROM stocks WHERE reserved < 0 OR reserved > on_hand""",
    Invariant.RESERVED_FOR_ORDERS: """
        SELECT product_id AS offender
        FROM stocks FULL JOIN (
            SELECT l.product_id, sum(l.quantity - l.fulfilled - l.cancelled) AS units
            FROM order_lines l JOIN orders o ON o.id = l.order_id AND o.status IN ('pending_payment', 'confirmed')
            GROUP BY l.product_id) held USING (product_id)
        WHERE coalesce(reserved, 0) <> coalesce(units, 0)""",
    Invariant.LEDGER_ADDS_UP: """
        SELECT product_id AS offender
        FROM stocks FULL JOIN (
            SELECT product_id, sum(on_hand_delta) AS came, sum(reserved_delta) AS promised
            FROM stock_movements GROUP BY product_id) ledger USING (product_id)
        WHERE coalesce(on_hand, 0) <> coalesce(came, 0) OR coalesce(reserved, 0) <> coalesce(promised, 0)""",
    Invariant.MONEY_IS_USED_OR_RETURNED: """
        SELECT p.id AS offender
        FROM payments p JOIN orders o ON o.id = p.order_id AND o.status NOT IN ('confirmed', 'fulfilled')
        WHERE p.status = 'captured' AND p.captured > (
            SELECT coalesce(sum(r.amount), 0) FROM refunds r
            WHERE r.payment_id = p.id AND r.status <> 'failed')
           OR p.status = 'authorized' AND p.requested IS DISTINCT FROM 'void'""",
    Invariant.REFUNDED_WITHIN_PAID: """
        SELECT o.id AS offender
        FROM orders o
        LEFT JOIN (
            SELECT order_id, sum(captured) AS captured, sum(returned) AS returned,
                   sum(amount) FILTER (WHERE status = 'authorized') AS authorized
            FROM payments GROUP BY order_id) p ON p.order_id = o.id
        LEFT JOIN (
            SELECT order_id,
                   coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS given,
                   coalesce(sum(amount) FILTER (WHERE status = 'pending'), 0) AS promised
            FROM refunds GROUP BY order_id) r ON r.order_id = o.id
        WHERE o.refunded_amount + o.refunding_amount > o.paid_amount
           OR o.paid_amount <> coalesce(p.captured, 0)
           OR o.authorized_amount <> coalesce(p.authorized, 0)
           OR o.refunded_amount <> coalesce(r.given, 0)
           OR o.refunding_amount <> coalesce(r.promised, 0)
           OR coalesce(p.returned, 0) <> coalesce(r.given + r.promised, 0)""",
    Invariant.TOTAL_OF_LINES: """
        SELECT o.id AS offender
        FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
        GROUP BY o.id
        HAVING o.total_amount <> coalesce(sum(l.unit_price_amount * l.quantity), 0)""",
    Invariant.ONE_ORDER_A_KEY: """
        SELECT o.id AS offender
        FROM orders o JOIN (
            SELECT customer_id, idempotency_key FROM orders
            GROUP BY customer_id, idempotency_key HAVING count(*) > 1) twice
        USING (customer_id, idempotency_key)""",
    # A history begins with version 1, leads from each status to the next, and ends with what the order is now. Of the
    # events that an order has of a version, one is that of the row; what it brings along is told beside it. Expired
    # orders are pruned before their events are.
    Invariant.CHANGES_ARE_RECORDED: """
        WITH told AS (
            SELECT aggregate_id, aggregate_version, type, count(*) AS times
            FROM outbox WHERE aggregate_type = 'order'
            GROUP BY aggregate_id, aggregate_version, type
        ), pruned AS (
            SELECT t.aggregate_id AS order_id
            FROM told t LEFT JOIN orders o ON o.id = t.aggregate_id
            WHERE o.id IS NULL
            GROUP BY t.aggregate_id
            HAVING bool_or(t.type = 'order.expired') AND bool_and(t.type IN ('order.placed', 'order.expired'))
        ), history AS (
            SELECT h.order_id, h.version, h.target,
                   h.version = row_number() OVER (PARTITION BY h.order_id ORDER BY h.version)
                   AND h.source IS NOT DISTINCT FROM
                       lag(h.target) OVER (PARTITION BY h.order_id ORDER BY h.version)
                   AND coalesce(told.times, 0) = 1 AS is_whole
            FROM order_history h
            LEFT JOIN unnest(:sources, :actions, :targets, :events) AS known (source, action, target, event)
            ON known.source IS NOT DISTINCT FROM h.source
               AND known.action = h.action AND known.target = h.target
            LEFT JOIN told ON told.aggregate_id = h.order_id AND told.aggregate_version = h.version
               AND told.type = known.event
        )
        SELECT o.id AS offender
        FROM orders o LEFT JOIN history h ON h.order_id = o.id AND h.version = o.version
        WHERE h.target IS DISTINCT FROM o.status
        UNION
        SELECT order_id FROM history WHERE NOT is_whole
        UNION
        SELECT h.order_id FROM history h JOIN orders o ON o.id = h.order_id AND h.version > o.version
        UNION
        SELECT t.aggregate_id FROM told t
        LEFT JOIN history h ON h.order_id = t.aggregate_id AND h.version = t.aggregate_version
        LEFT JOIN pruned ON pruned.order_id = t.aggregate_id
        WHERE h.order_id IS NULL AND pruned.order_id IS NULL""",
}
# An action can have several rows that differ in their guards and parties only.
_RECORDED = {(row.source, row.action, row.target): row for row in TRANSITIONS if row.event}.values()
_TABLE = {
    "sources": [row.source for row in _RECORDED],
    "actions": [row.action for row in _RECORDED],
    "targets": [row.target for row in _RECORDED],
    "events": [row.event for row in _RECORDED],
}
_WITH_TABLE = tuple(bindparam(name, values, ARRAY(Text)) for name, values in _TABLE.items())


def _check(invariant: Invariant) -> TextClause:
    found = f"""
        SELECT offender, count(*) OVER () AS offenders FROM ({_OFFENDERS[invariant]}) found
        ORDER BY offender LIMIT {SHOWN}"""  # noqa: S608 - both are constants of this file
    return text(found).bindparams(*(_WITH_TABLE if invariant is Invariant.CHANGES_ARE_RECORDED else ()))


_CHECKS = {invariant: _check(invariant) for invariant in Invariant}


class PostgresInvariantChecks(InvariantChecks):
    """All checks see the same moment, and hold nobody up: a transaction that reads only takes no lock on rows.

    `engine` is a checking one: requests' own connections neither may nor can read whole tables.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self) -> Sequence[Finding]:
        with translated():
            async with self._engine.begin() as connection:
                return [await _finding(connection, invariant) for invariant in Invariant]


async def _finding(connection: AsyncConnection, invariant: Invariant) -> Finding:
    rows = (await connection.execute(_CHECKS[invariant])).all()
    return Finding(invariant, rows[0].offenders if rows else 0, tuple(str(row.offender) for row in rows))
