from examples.northwind.data import load_northwind
from examples.northwind.plan import AUTHENTICATED, plan_of


def test_demo_plan_contains_payments_and_shipments_and_refunds() -> None:
    northwind = load_northwind()
    plans = [(order, plan_of(northwind, order)) for order in northwind.orders]
    assert sum(plan.is_paid for _, plan in plans) == 340
    assert sum(len(plan.cards) > 1 for _, plan in plans) == 83
    assert sum(plan.shipped == order.quantities for order, plan in plans) == 175
    assert sum(bool(plan.shipped) and plan.shipped != order.quantities for order, plan in plans) == 82
    assert sum(plan.refunded(northwind) > 0 for _, plan in plans) == 249
    assert sum(plan.cancelled is not None for _, plan in plans) == 83
    assert sum(AUTHENTICATED in plan.cards for _, plan in plans) == 8


def test_first_60_demo_orders_include_every_kind_of_action() -> None:
    northwind = load_northwind().first(60)
    plans = [plan_of(northwind, order) for order in northwind.orders]
    assert len(plans) == 60
    assert {order.customer_id for order in northwind.orders} == {each.id for each in northwind.customers}
    assert any(AUTHENTICATED in plan.cards for plan in plans)
    assert any(len(plan.cards) > 1 and plan.cancelled for plan in plans)
    assert any(plan.shipped and plan.returned for plan in plans)
    assert any(plan.shipped and plan.rebate for plan in plans)
    assert any(not plan.is_paid for plan in plans)


def test_demo_plan_fulfills_and_refunds_only_paid_orders() -> None:
    northwind = load_northwind()
    for order in northwind.orders:
        plan = plan_of(northwind, order)
        assert plan.is_paid or not (plan.cancelled or plan.shipped or plan.refunded(northwind))
        assert plan.refunded(northwind) <= northwind.total(order)
        assert plan.cancelled is None or sum(order.quantities.values()) > 1
        assert all(0 < units <= order.quantities[sku] for sku, units in plan.shipped.items())
