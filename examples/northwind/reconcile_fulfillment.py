"""Compare payments, refunds, canceled units and shipped units with the plan.

The module also checks the invariants.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from application.checks.ports import Finding
from application.events.ports import OutboxQueries
from examples.northwind.data import Northwind, NorthwindOrder
from examples.northwind.fetched_orders import FetchedOrder
from examples.northwind.plan import AUTHENTICATED, plan_of
from examples.northwind.reconcile import Check, money


def check_actions(northwind: Northwind, fetched: Sequence[FetchedOrder]) -> list[Check]:
    """Compare payments, refunds, canceled units and shipped units with the plan, in total and per order."""
    by_id = {order.northwind_id: order for order in fetched}
    expected: Counter[str] = Counter()
    found: Counter[str] = Counter()
    differences: dict[str, list[str]] = {"paid": [], "refunded": [], "canceled": [], "shipped": []}
    for order in northwind.orders:
        planned = _planned(northwind, order)
        expected.update(planned)
        if fetched_order := by_id.get(str(order.id)):
            for name, there in _actions(fetched_order).items():
                if there != planned[name]:
                    differences[name].append(f"order {order.id}: {there} {name}, not {planned[name]}")
    for fetched_order in fetched:
        found.update(_actions(fetched_order))
    return [
        Check("Paid", money(expected["paid"]), money(found["paid"]), tuple(differences["paid"])),
        Check(
            "Paid back", money(expected["refunded"]), money(found["refunded"]), tuple(differences["refunded"])
        ),
        *(
            Check(f"Units {name}", f"{expected[name]:,}", f"{found[name]:,}", tuple(differences[name]))
            for name in ("canceled", "shipped")
        ),
    ]


def _planned(northwind: Northwind, order: NorthwindOrder) -> dict[str, int]:
    plan = plan_of(northwind, order)
    return {
        "paid": northwind.total(order) if plan.is_paid else 0,
        "refunded": plan.refunded(northwind),
        "canceled": 1 if plan.cancelled else 0,
        "shipped": sum(plan.shipped.values()),
    }


async def check_action_events(
    outbox: OutboxQueries, northwind: Northwind, *, order_ids: Collection[UUID]
) -> list[Check]:
    """Compare the events in the outbox with the plan."""
    plans = [(order, plan_of(northwind, order)) for order in northwind.orders]
    expected = {
        "order.confirmed": sum(plan.is_paid for _, plan in plans),
        "payment.requires_action": sum(AUTHENTICATED in plan.cards for _, plan in plans),
        "payment.failed": sum(len(plan.cards[:-1]) for _, plan in plans),
        "order.lines_cancelled": sum(plan.cancelled is not None for _, plan in plans),
        "order.fulfilled": sum(plan.shipped == order.quantities for order, plan in plans),
        "return.received": sum(plan.returned is not None for _, plan in plans),
        "refund.succeeded": sum(plan.refunded(northwind) > 0 for _, plan in plans),
    }
    counts = await outbox.counts(of=order_ids)
    return [Check(f"Events {name}", f"{count:,}", f"{counts[name]:,}") for name, count in expected.items()]


def check_rules(findings: Sequence[Finding]) -> list[Check]:
    """Check the invariants of the shop."""
    broken = [finding for finding in findings if finding.count]
    return [
        Check(
            "Rules that always hold",
            f"{len(findings)}",
            f"{len(findings) - len(broken)}",
            tuple(
                f"{each.invariant}, {each.invariant.meaning}: {', '.join(each.offenders)}" for each in broken
            ),
        )
    ]


def _actions(order: FetchedOrder) -> dict[str, int]:
    return {
        "paid": order.paid,
        "refunded": order.refunded,
        "canceled": sum(order.cancelled.values()),
        "shipped": sum(order.shipped.values()),
    }
