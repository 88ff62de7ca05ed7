"""SQL statements that find violations of the shop's invariants, each in a range of ids."""

from collections.abc import Mapping

from sqlalchemy import ARRAY, BigInteger, Text, TextClause, Uuid, bindparam, text

from application.checks.ports import Invariant
from domain.orders.lifecycle import TRANSITIONS

SHOWN = 20
"""The maximum number of violating objects that a result names for each invariant."""


INVARIANTS_OF_ORDERS: Mapping[Invariant, str] = {
    Invariant.MONEY_IS_USED_OR_RETURNED: """
        SELECT p.id AS offender
        FROM payments p JOIN orders o ON o.id = p.order_id AND o.status NOT IN ('confirmed', 'fulfilled')
        WHERE o.id > :after AND o.id <= :until
          AND (p.status = 'captured' AND p.captured > (
                  SELECT coalesce(sum(r.amount), 0) FROM refunds r
                  WHERE r.payment_id = p.id AND r.status <> 'failed')
               OR p.status = 'authorized' AND p.requested IS DISTINCT FROM 'void')""",
    Invariant.REFUNDED_WITHIN_PAID: """
        SELECT o.id AS offender
        FROM orders o
        LEFT JOIN (
            SELECT order_id, sum(captured) AS captured, sum(returned) AS returned,
                   sum(amount) FILTER (WHERE status = 'authorized') AS authorized
            FROM payments WHERE order_id > :after AND order_id <= :until
            GROUP BY order_id) p ON p.order_id = o.id
        LEFT JOIN (
            SELECT order_id,
                   coalesce(sum(amount) FILTER (WHERE status = 'succeeded'), 0) AS refunded,
                   coalesce(sum(amount) FILTER (WHERE status = 'pending'), 0) AS pending
            FROM refunds WHERE order_id > :after AND order_id <= :until
            GROUP BY order_id) r ON r.order_id = o.id
        WHERE o.id > :after AND o.id <= :until
          AND (o.refunded_amount + o.refunding_amount > o.paid_amount
               OR o.paid_amount <> coalesce(p.captured, 0)
               OR o.authorized_amount <> coalesce(p.authorized, 0)
               OR o.refunded_amount <> coalesce(r.refunded, 0)
               OR o.refunding_amount <> coalesce(r.pending, 0)
               OR coalesce(p.returned, 0) <> coalesce(r.refunded + r.pending, 0))""",
    Invariant.TOTAL_OF_LINES: """
        SELECT o.id AS offender
        FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
        WHERE o.id > :after AND o.id <= :until
        GROUP BY o.id
        HAVING o.total_amount <> coalesce(sum(l.unit_price_amount * l.quantity), 0)""",
    Invariant.ONE_ORDER_A_KEY: """
        SELECT DISTINCT o.id AS offender
        FROM orders o JOIN orders other
            ON coalesce(other.placed_by, other.customer_id) = coalesce(o.placed_by, o.customer_id)
            AND other.idempotency_key = o.idempotency_key
        WHERE o.id > :after AND o.id <= :until AND other.id <> o.id""",
    # A history begins with version 1, leads from each status to the next, and ends with the order's current status.
    # Each row of the history has exactly one event of the same version and type. The event of an old row may be
    # missing, because old events are pruned. The events of an expired order may have no order, because expired orders
    # are pruned.
    Invariant.CHANGES_ARE_RECORDED: """
        WITH events AS (
            SELECT aggregate_id, aggregate_version, type, count(*) AS times
            FROM outbox
            WHERE aggregate_type = 'order' AND aggregate_id > :after AND aggregate_id <= :until
            GROUP BY aggregate_id, aggregate_version, type
        ), pruned AS (
            SELECT e.aggregate_id AS order_id
            FROM events e LEFT JOIN orders o ON o.id = e.aggregate_id
            WHERE o.id IS NULL
            GROUP BY e.aggregate_id
            HAVING bool_or(e.type = 'order.expired') AND bool_and(e.type IN ('order.placed', 'order.expired'))
        ), history AS (
            SELECT h.order_id, h.version, h.target,
                   h.version = row_number() OVER (PARTITION BY h.order_id ORDER BY h.version)
                   AND h.source IS NOT DISTINCT FROM
                       lag(h.target) OVER (PARTITION BY h.order_id ORDER BY h.version)
                   AND (events.times = 1 OR events.times IS NULL AND h.occurred_at < (
                       SELECT pruned_until FROM retention_marks WHERE name = 'events')) IS TRUE AS is_whole
            FROM order_history h
            LEFT JOIN unnest(:sources, :actions, :targets, :events) AS known (source, action, target, event)
            ON known.source IS NOT DISTINCT FROM h.source
               AND known.action = h.action AND known.target = h.target
            LEFT JOIN events ON events.aggregate_id = h.order_id AND events.aggregate_version = h.version
               AND events.type = known.event
            WHERE h.order_id > :after AND h.order_id <= :until
        )
        SELECT o.id AS offender
        FROM orders o LEFT JOIN history h ON h.order_id = o.id AND h.version = o.version
        WHERE o.id > :after AND o.id <= :until AND h.target IS DISTINCT FROM o.status
        UNION
        SELECT order_id FROM history WHERE NOT is_whole
        UNION
        SELECT h.order_id FROM history h JOIN orders o ON o.id = h.order_id AND h.version > o.version
        UNION
        SELECT e.aggregate_id FROM events e
        LEFT JOIN history h ON h.order_id = e.aggregate_id AND h.version = e.aggregate_version
        LEFT JOIN pruned ON pruned.order_id = e.aggregate_id
        WHERE h.order_id IS NULL AND pruned.order_id IS NULL""",
    Invariant.SHIPPED_OR_REFUNDED: """
        SELECT DISTINCT order_id AS offender FROM order_lines
        WHERE order_id > :after AND order_id <= :until AND refunded > cancelled + returned""",
}
INVARIANTS_OF_PRODUCTS: Mapping[Invariant, str] = {
    Invariant.RESERVED_WITHIN_ON_HAND: """
        SELECT product_id AS offender FROM stocks
        WHERE product_id > :after AND product_id <= :until AND (reserved < 0 OR reserved > on_hand)""",
    Invariant.LEDGER_ADDS_UP: """
        SELECT product_id AS offender
        FROM (SELECT * FROM stocks WHERE product_id > :after AND product_id <= :until) stock
        FULL JOIN (
            SELECT product_id, sum(on_hand_delta) AS on_hand_sum, sum(reserved_delta) AS reserved_sum
            FROM (
                SELECT product_id, on_hand_delta, reserved_delta FROM stock_movements
                WHERE product_id > :after AND product_id <= :until
                UNION ALL
                SELECT product_id, on_hand, reserved FROM stock_opening_balances
                WHERE product_id > :after AND product_id <= :until) moved
            GROUP BY product_id) ledger USING (product_id)
        WHERE coalesce(on_hand, 0) <> coalesce(on_hand_sum, 0)
           OR coalesce(reserved, 0) <> coalesce(reserved_sum, 0)""",
}
# Only open orders hold stock. One statement reads all open orders, because they are few compared with all orders.
_RESERVED_FOR_ORDERS = """
    SELECT product_id AS offender
    FROM stocks FULL JOIN (
        SELECT l.product_id, sum(l.quantity - l.fulfilled - l.cancelled) AS units
        FROM order_lines l JOIN orders o ON o.id = l.order_id AND o.status IN ('pending_payment', 'confirmed')
        GROUP BY l.product_id) held USING (product_id)
    WHERE coalesce(reserved, 0) <> coalesce(units, 0)"""

_IS_SOLD = "o.status IN ('confirmed', 'fulfilled')"
_SOLD = f"""
    SELECT l.product_id, sum(l.quantity - l.cancelled)::bigint AS units
    FROM order_lines l JOIN orders o ON o.id = l.order_id AND {_IS_SOLD}
    WHERE o.id > :after AND o.id <= :until
    GROUP BY l.product_id"""  # noqa: S608 - the text is a constant of this file
_CAME = """
    coalesce((
        SELECT sum(m.on_hand_delta) FROM stock_movements m
        WHERE m.product_id = sold.product_id AND m.reason <> 'shipped'), 0)
    + coalesce((SELECT received FROM stock_opening_balances b WHERE b.product_id = sold.product_id), 0)"""
_SUSPECTED = f"""
    SELECT product_id FROM unnest(:product_ids, :units) AS sold (product_id, units)
    WHERE units > ({_CAME})"""  # noqa: S608 - the text is a constant of this file
_OVERSOLD = f"""
    SELECT product_id AS offender
    FROM (
        SELECT l.product_id, sum(l.quantity - l.cancelled) AS units
        FROM order_lines l JOIN orders o ON o.id = l.order_id AND {_IS_SOLD}
        WHERE l.product_id = ANY (:product_ids)
        GROUP BY l.product_id) sold
    WHERE units > ({_CAME})"""  # noqa: S608 - the text is a constant of this file

# An action can have several transitions that differ only in their guards and parties.
_RECORDED = {(row.source, row.action, row.target): row for row in TRANSITIONS if row.event}.values()
_TABLE = {
    "sources": [row.source for row in _RECORDED],
    "actions": [row.action for row in _RECORDED],
    "targets": [row.target for row in _RECORDED],
    "events": [row.event for row in _RECORDED],
}
_RANGE = (bindparam("after", type_=Uuid), bindparam("until", type_=Uuid))
_PRODUCT_IDS = bindparam("product_ids", type_=ARRAY(Uuid))


def _counted(offenders: str) -> TextClause:
    return text(
        f"SELECT offender, count(*) OVER () AS offenders FROM ({offenders}) found ORDER BY offender LIMIT {SHOWN}"  # noqa: S608 - both texts are constants of this file
    )


CHECKS = {
    invariant: _counted(offenders).bindparams(*_RANGE)
    for invariant, offenders in {**INVARIANTS_OF_ORDERS, **INVARIANTS_OF_PRODUCTS}.items()
}
CHECKS[Invariant.CHANGES_ARE_RECORDED] = CHECKS[Invariant.CHANGES_ARE_RECORDED].bindparams(
    *(bindparam(name, values, ARRAY(Text)) for name, values in _TABLE.items())
)
CHECK_RESERVED_FOR_ORDERS = _counted(_RESERVED_FOR_ORDERS)
CHECK_OVERSOLD = _counted(_OVERSOLD).bindparams(_PRODUCT_IDS)
READ_SOLD = text(_SOLD).bindparams(*_RANGE)
READ_SUSPECTED = text(_SUSPECTED).bindparams(_PRODUCT_IDS, bindparam("units", type_=ARRAY(BigInteger)))
END_OF_ORDERS, END_OF_PRODUCTS = (
    text(f"SELECT {key} FROM {table} WHERE {key} > :after ORDER BY {key} OFFSET :skipped LIMIT 1").bindparams(  # noqa: S608 - the names of tables come from the code
        bindparam("after", type_=Uuid)
    )
    for table, key in (("orders", "id"), ("stocks", "product_id"))
)
