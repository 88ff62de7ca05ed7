from examples.northwind.data import load_northwind
from examples.northwind.plan import plan_of


def test_demo_plan_pays_fulfills_and_refunds_a_share() -> None:
    northwind = load_northwind()
    plans = [(order, plan_of(northwind, order)) for order in northwind.orders]
    assert sum(plan.is_paid for _, plan in plans) == 332
    assert sum(len(plan.cards) > 1 for _, plan in plans) == 83
    assert sum(plan.shipped == order.quantities for order, plan in plans) == 167
    assert sum(bool(plan.shipped) and plan.shipped != order.quantities for order, plan in plans) == 82
    assert sum(plan.refunded(northwind) > 0 for _, plan in plans) == 166


def test_demo_plan_does_not_fulfill_or_refund_unpaid_orders() -> None:
    northwind = load_northwind()
    for order in northwind.orders:
        plan = plan_of(northwind, order)
        assert plan.is_paid or not (plan.shipped or plan.refunded(northwind))
        assert plan.refunded(northwind) <= northwind.total(order)
        assert all(0 < units <= order.quantities[sku] for sku, units in plan.shipped.items())
