from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from application.checks.ports import Finding, Invariant
from examples.northwind.data import Northwind, NorthwindOrder, NorthwindProduct
from examples.northwind.fetched_orders import FetchedOrder
from examples.northwind.reconcile import Check
from examples.northwind.reconcile_fulfillment import check_action_events, check_actions, check_rules
from tests.kit.shop import Shop

UNITS = {"NW-0001": 2, "NW-0002": 5}
SMALL = Northwind(
    products={
        "NW-0001": NorthwindProduct("NW-0001", price=1800, stock=10),
        "NW-0002": NorthwindProduct("NW-0002", price=1000, stock=50),
    },
    customers=[],
    orders=[NorthwindOrder(id_, "ALFKI", "1996-07-04", UNITS, {}) for id_ in (10250, 10257, 10269, 10275)],
)
SHIPPED, WITH_REBATE, WAITING, CANCELLED = FETCHED = [
    FetchedOrder(UUID(int=id_), str(id_), "ALFKI", UNITS, 8600, "USD", paid, refunded, cancelled, shipped)
    for id_, paid, refunded, cancelled, shipped in [
        (10250, 8600, 0, {}, UNITS),
        (10257, 8600, 860, {}, {"NW-0001": 1, "NW-0002": 1}),
        (10269, 0, 0, {}, {}),
        (10275, 8600, 1800, {"NW-0001": 1}, {}),
    ]
]


def failing(checks: list[Check]) -> dict[str, tuple[str, ...]]:
    return {check.name: check.differences for check in checks if not check.holds}


def test_actions_that_equal_the_demo_plan_pass_reconciliation() -> None:
    assert failing(check_actions(SMALL, FETCHED)) == {}


@pytest.mark.parametrize(
    ("fetched", "found"),
    [
        (
            [replace(SHIPPED, paid=0), WITH_REBATE, WAITING, CANCELLED],
            {"Paid": ("order 10250: 0 paid, not 8600",)},
        ),
        (
            [SHIPPED, replace(WITH_REBATE, refunded=8600), WAITING, CANCELLED],
            {"Paid back": ("order 10257: 8600 refunded, not 860",)},
        ),
        (
            [SHIPPED, WITH_REBATE, WAITING, replace(CANCELLED, cancelled={})],
            {"Units canceled": ("order 10275: 0 canceled, not 1",)},
        ),
        (
            [replace(SHIPPED, shipped={}), WITH_REBATE, WAITING, CANCELLED],
            {"Units shipped": ("order 10250: 0 shipped, not 7",)},
        ),
        (
            [SHIPPED, WITH_REBATE, replace(WAITING, paid=1), CANCELLED],
            {"Paid": ("order 10269: 1 paid, not 0",)},
        ),
    ],
)
def test_reconciliation_detects_a_wrong_fulfillment(
    fetched: list[FetchedOrder], found: dict[str, tuple[str, ...]]
) -> None:
    assert failing(check_actions(SMALL, fetched)) == found


async def test_reconciliation_requires_one_event_per_action_of_the_order_history(shop: Shop) -> None:
    mug = await shop.product(stock=9)
    shipped, with_rebate, cancelled = [await shop.order(mug, 2) for _ in range(3)]
    await shop.pay(cancelled, "tok_declined")
    for order in (shipped, with_rebate, cancelled):
        await shop.pay(order)
    await shop.cancel(cancelled, 1)
    await shop.settle()
    await shop.fulfil(shipped)
    await shop.refund(with_rebate, 100)
    order_ids = {shipped.id, with_rebate.id, cancelled.id}
    assert failing(await check_action_events(shop.store.outbox, SMALL, order_ids=order_ids)) == {}
    assert len(failing(await check_action_events(shop.store.outbox, SMALL, order_ids={uuid4()}))) == 5


def test_reconciliation_reports_broken_invariants_and_the_affected_objects() -> None:
    findings = [Finding(invariant, 0, ()) for invariant in Invariant]
    assert failing(check_rules(findings)) == {}
    findings[6] = Finding(Invariant.TOTAL_OF_LINES, 1, ("0190",))
    assert failing(check_rules(findings)) == {
        "Rules that always hold": ("I7, an order's total is the sum of its lines: 0190",)
    }
