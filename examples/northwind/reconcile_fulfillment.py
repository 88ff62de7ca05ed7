"""Compare payments, fulfillments and refunds with the plan, and check the invariants."""

from collections.abc import Collection, Sequence
from uuid import UUID

from application.checks.ports import Finding
from application.events.ports import OutboxQueries
from examples.northwind.data import Northwind
from examples.northwind.fetched_orders import KeptOrder
from examples.northwind.plan import plan_of
from examples.northwind.reconcile import Check, money


def check_deeds(northwind: Northwind, kept: Sequence[KeptOrder]) -> list[Check]:
    """Compare payments, shipped units and refunds, in total and for each order."""
    by_id = {order.northwind_id: order for order in kept}
    paid = shipped = refunded = 0
    differences: dict[str, list[str]] = {"paid": [], "shipped": [], "refunded": []}
    for order in northwind.orders:
        plan = plan_of(northwind, order)
        expected = {
            "paid": northwind.total(order) if plan.is_paid else 0,
            "shipped": sum(plan.shipped.values()),
            "refunded": plan.refunded(northwind),
        }
        paid += expected["paid"]
        shipped += expected["shipped"]
        refunded += expected["refunded"]
        if found := by_id.get(str(order.id)):
            for name, there in _deeds(found).items():
                if there != expected[name]:
                    differences[name].append(f"order {order.id}: {there} {name}, not {expected[name]}")
    sums = {name: sum(_deeds(order)[name] for order in kept) for name in differences}
    return [
        Check("Paid", money(paid), money(sums["paid"]), tuple(differences["paid"])),
        Check("Paid back", money(refunded), money(sums["refunded"]), tuple(differences["refunded"])),
        Check("Units shipped", f"{shipped:,}", f"{sums['shipped']:,}", tuple(differences["shipped"])),
    ]


async def check_deeds_events(
    outbox: OutboxQueries, northwind: Northwind, *, order_ids: Collection[UUID]
) -> list[Check]:
    """Compare the events in the outbox with the plan."""
    plans = [(order, plan_of(northwind, order)) for order in northwind.orders]
    expected = {
        "order.confirmed": sum(plan.is_paid for _, plan in plans),
        "payment.failed": sum(len(plan.cards[:-1]) for _, plan in plans),
        "order.fulfilled": sum(plan.shipped == order.quantities for order, plan in plans),
        "refund.succeeded": sum(plan.refunded(northwind) > 0 for _, plan in plans),
    }
    return [
        Check(f"Events {name}", f"{count:,}", f"{await outbox.count(name, of=order_ids):,}")
        for name, count in expected.items()
    ]


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


def _deeds(order: KeptOrder) -> dict[str, int]:
    return {"paid": order.paid, "shipped": sum(order.shipped.values()), "refunded": order.refunded}
