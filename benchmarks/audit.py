"""Audit of a benchmark run: queries that check the shop's invariants after the run."""

import time
from dataclasses import dataclass

from benchmarks.database import Server

MUST_FIND_NOTHING = {
    "I2: reserved within on hand": "SELECT FROM stocks WHERE reserved < 0 OR reserved > on_hand",
    "I3: reserved is what pending and confirmed orders hold": """
        SELECT FROM stocks s LEFT JOIN (
            SELECT l.product_id, sum(l.quantity - l.fulfilled) AS units
            FROM order_lines l JOIN orders o ON o.id = l.order_id
            WHERE o.status IN ('pending_payment', 'confirmed') GROUP BY l.product_id
        ) held USING (product_id)
        WHERE s.reserved <> coalesce(held.units, 0)""",
    "I4: the ledger adds up to the stock": """
        SELECT FROM stocks s LEFT JOIN (
            SELECT product_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved, max(version) AS version
            FROM stock_movements GROUP BY product_id
        ) m USING (product_id)
        WHERE (s.on_hand, s.reserved, s.version) IS DISTINCT FROM (m.on_hand, m.reserved, m.version)""",
    "I7: total is the sum of the lines": """
        SELECT FROM orders o LEFT JOIN (
            SELECT order_id, sum(unit_price_amount * quantity) AS total FROM order_lines GROUP BY order_id
        ) l ON l.order_id = o.id
        WHERE o.total_amount IS DISTINCT FROM l.total""",
    "I8: one order per caller and key": """
        SELECT FROM orders o FULL JOIN (
            SELECT principal, key, result ->> 'id' AS order_id FROM idempotency_keys WHERE operation = 'place_order'
        ) k ON k.principal = coalesce(o.placed_by, o.customer_id)::text AND k.key = o.idempotency_key
        WHERE k.order_id IS DISTINCT FROM o.id::text""",
    "I9: one history row and one event for each change": """
        SELECT FROM orders o
        LEFT JOIN (SELECT order_id, count(*) AS changes FROM order_history GROUP BY order_id) h ON h.order_id = o.id
        LEFT JOIN (
            SELECT aggregate_id, count(*) AS events, count(*) FILTER (WHERE type = 'order.placed') AS placed
            FROM outbox WHERE aggregate_type = 'order' GROUP BY aggregate_id
        ) e ON e.aggregate_id = o.id
        WHERE (h.changes, e.events, e.placed) IS DISTINCT FROM (o.version, o.version, 1::bigint)""",
}


_AT_WORK = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'
"""
POLL_SECONDS = 0.15
QUIET_POLLS = 2
SETTLE_TRIES = 100


class AuditFailed(Exception):
    """A run violated an invariant. The message names the invariant."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The permitted range of the number of new orders: `acknowledged` to `acknowledged + cut_off`.

    `before` is the number of orders before the run.

    `cut_off` is the maximum number of requests that were still running when the load ended. Each of these requests
    may have placed an order.
    """

    before: int
    acknowledged: int
    cut_off: int


def orders_in(server: Server, database: str) -> int:
    """Wait until the last requests of a run have been processed, then count the orders."""
    quiet = 0
    for _ in range(SETTLE_TRIES):
        at_work = server.query(_AT_WORK, database=database)[0]["count"]
        quiet = 0 if at_work else quiet + 1
        if quiet == QUIET_POLLS:
            break
        time.sleep(POLL_SECONDS)
    return int(server.query("SELECT count(*) FROM orders", database=database)[0]["count"])


def audit(server: Server, database: str, expected: Expected) -> int:
    """Check the invariants, then return the number of orders that the run placed. Raises AuditFailed."""
    placed = orders_in(server, database) - expected.before
    for rule, query in MUST_FIND_NOTHING.items():
        found = server.query(f"SELECT count(*) FROM ({query}) violations", database=database)[0]["count"]  # noqa: S608 - the queries are constants
        if found:
            raise AuditFailed(f"{rule}: {found} violations")
    if not expected.acknowledged <= placed <= expected.acknowledged + expected.cut_off:
        raise AuditFailed(f"{expected.acknowledged} orders were acknowledged, and there are {placed}")
    return placed
