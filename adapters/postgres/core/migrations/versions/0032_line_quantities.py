"""Order lines count canceled and returned units.

Until now, refunded units could be shipped. In confirmed orders, refunded units that are left to ship are canceled:
their stock is released, and the order ends if no units are left. An order is not changed if it would be canceled while
the shop still has money for it: staff have to decide. `check` names the orders that the migration cannot correct.
In canceled orders all units that were not shipped count as canceled.

A process of release 2 does not know these columns. docs/versioning.md describes its behavior while this release also runs.
"""

import sqlalchemy as sa
from alembic import op

from adapters.postgres.core.migrations.locking import lock_tables

revision = "0032"
down_revision = "0031"
min_compatible_release = 2

_OLD_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'fulfil', 'refund', 'settle_refund',"
    " 'fail_refund', 'record_refund', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive', 'orphan')"
)
_ACTIONS = (
    "('place', 'pay', 'require_action', 'authorize', 'announce_ending', 'capture', 'record_capture', 'void',"
    " 'record_void', 'confirm', 'fail_payment', 'expire', 'cancel', 'cancel_lines', 'fulfil', 'refund',"
    " 'settle_refund', 'fail_refund', 'record_refund', 'open_dispute', 'win_dispute', 'lose_dispute', 'revive',"
    " 'orphan')"
)
_REASON = "Refunded units were still to be shipped."

_CORRECTION = f"""
CREATE TEMPORARY TABLE corrected_lines ON COMMIT DROP AS
SELECT l.order_id, l.id, l.position, l.product_id, l.unit_price_amount,
       least(l.refunded, l.quantity - l.fulfilled) AS units
FROM order_lines l JOIN orders o ON o.id = l.order_id AND o.status = 'confirmed'
WHERE l.refunded > 0 AND l.fulfilled < l.quantity;

CREATE TEMPORARY TABLE corrected_orders ON COMMIT DROP AS
SELECT o.id, o.number, o.customer_id, o.total_amount, o.currency, o.version + 1 AS version,
       sum(c.unit_price_amount * c.units) AS cancelled_amount,
       json_agg(json_build_object('line_id', c.id, 'quantity', c.units) ORDER BY c.position) AS lines,
       CASE WHEN left_to_ship.units > sum(c.units) THEN 'confirmed'
            WHEN left_to_ship.shipped > 0 THEN 'fulfilled' ELSE 'cancelled' END AS target
FROM orders o
JOIN corrected_lines c ON c.order_id = o.id
JOIN (SELECT order_id, sum(quantity - fulfilled) AS units, sum(fulfilled) AS shipped
      FROM order_lines GROUP BY order_id) left_to_ship ON left_to_ship.order_id = o.id
GROUP BY o.id, left_to_ship.units, left_to_ship.shipped;

DELETE FROM corrected_orders c USING orders o
WHERE o.id = c.id AND c.target = 'cancelled'
  AND (o.paid_amount <> o.refunded_amount + o.refunding_amount OR o.authorized_amount <> 0);
DELETE FROM corrected_lines c WHERE NOT EXISTS (SELECT FROM corrected_orders o WHERE o.id = c.order_id);

UPDATE order_lines l SET cancelled = c.units FROM corrected_lines c WHERE c.order_id = l.order_id AND c.id = l.id;

INSERT INTO stock_movements (product_id, version, on_hand_delta, reserved_delta, on_hand, reserved, reason, order_id,
                             request_id, occurred_at)
SELECT s.product_id, s.version + row_number() OVER product, 0, -c.units, s.on_hand,
       s.reserved - sum(c.units) OVER product, 'released', c.order_id, 'migration', now()
FROM corrected_lines c JOIN stocks s ON s.product_id = c.product_id
WINDOW product AS (PARTITION BY c.product_id ORDER BY c.order_id, c.id);

UPDATE stocks s SET reserved = s.reserved - c.units, version = s.version + c.movements
FROM (SELECT product_id, sum(units) AS units, count(*) AS movements FROM corrected_lines GROUP BY product_id) c
WHERE c.product_id = s.product_id;

UPDATE orders o SET status = c.target, cancelled_amount = c.cancelled_amount, version = c.version, updated_at = now()
FROM corrected_orders c WHERE c.id = o.id;

INSERT INTO order_history (order_id, version, action, source, target, reason, request_id, occurred_at)
SELECT id, version, CASE target WHEN 'cancelled' THEN 'cancel' ELSE 'cancel_lines' END, 'confirmed', target,
       '{_REASON}', 'migration', now()
FROM corrected_orders;

INSERT INTO outbox (id, type, aggregate_type, aggregate_id, aggregate_version, occurred_at, data)
SELECT gen_random_uuid(), e.type, 'order', c.id, c.version, now(),
       (jsonb_build_object('number', c.number, 'customer_id', c.customer_id,
                           'total', jsonb_build_object('amount', c.total_amount, 'currency', c.currency))
        || CASE e.type WHEN 'order.fulfilled' THEN '{{}}' ELSE jsonb_build_object('reason', '{_REASON}') END
        || CASE e.type WHEN 'order.lines_cancelled' THEN jsonb_build_object('lines', c.lines) ELSE '{{}}' END)::json
FROM corrected_orders c
JOIN (VALUES ('confirmed', 'order.lines_cancelled'), ('fulfilled', 'order.lines_cancelled'),
             ('fulfilled', 'order.fulfilled'), ('cancelled', 'order.cancelled')) e (target, type)
  ON e.target = c.target;

UPDATE order_lines l SET cancelled = quantity - fulfilled
FROM orders o WHERE o.id = l.order_id AND o.status = 'cancelled';
UPDATE orders SET cancelled_amount = total_amount WHERE status = 'cancelled'
"""


def upgrade() -> None:
    lock_tables("stocks", "orders", "order_lines", "order_history")
    for column in ("cancelled", "returned"):
        op.add_column(
            "order_lines", sa.Column(column, sa.BigInteger, server_default=sa.text("0"), nullable=False)
        )
    op.add_column(
        "orders", sa.Column("cancelled_amount", sa.BigInteger, server_default=sa.text("0"), nullable=False)
    )
    op.drop_constraint(op.f("ck_order_lines_fulfilled_within_quantity"), "order_lines")
    op.create_check_constraint(
        op.f("ck_order_lines_fulfilled_within_quantity"),
        "order_lines",
        "fulfilled >= 0 AND cancelled >= 0 AND fulfilled + cancelled <= quantity",
    )
    op.create_check_constraint(
        op.f("ck_order_lines_returned_within_fulfilled"),
        "order_lines",
        "returned >= 0 AND returned <= fulfilled",
    )
    _replace_actions(_ACTIONS)
    for statement in _CORRECTION.split(";"):
        op.execute(statement)


def downgrade() -> None:
    """Drop the counts of canceled units, which then count as ordered again.

    Cancel the open orders with canceled units before the downgrade.
    """
    op.execute(f"DELETE FROM order_history WHERE action NOT IN {_OLD_ACTIONS}")
    _replace_actions(_OLD_ACTIONS)
    op.drop_constraint(op.f("ck_order_lines_returned_within_fulfilled"), "order_lines")
    op.drop_constraint(op.f("ck_order_lines_fulfilled_within_quantity"), "order_lines")
    op.create_check_constraint(
        op.f("ck_order_lines_fulfilled_within_quantity"),
        "order_lines",
        "fulfilled >= 0 AND fulfilled <= quantity",
    )
    op.drop_column("orders", "cancelled_amount")
    op.drop_column("order_lines", "returned")
    op.drop_column("order_lines", "cancelled")


def _replace_actions(actions: str) -> None:
    op.drop_constraint(op.f("ck_order_history_action"), "order_history")
    op.create_check_constraint(op.f("ck_order_history_action"), "order_history", f"action IN {actions}")
