from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import product

import pytest

from domain.orders.lifecycle import (
    TRANSITIONS,
    Action,
    InvalidTransition,
    OrderStatus,
    Party,
    allowed_actions,
    target_of,
)
from tests.kit.examples import NOW

PENDING, CONFIRMED, FULFILLED, CANCELLED, EXPIRED = OrderStatus
NOTED_OF_ANY = {Action.FAIL_PAYMENT, Action.SETTLE_REFUND, Action.FAIL_REFUND, Action.ORPHAN}


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards ask of an order."""

    fulfilled_units: int
    ordered_units: int
    refundable_amount: int
    is_paid: bool
    due: bool

    def is_due(self, now: datetime) -> bool:
        assert now == NOW
        return self.due


EVERY_FACTS = [
    Facts(fulfilled, 3, refundable, is_paid=is_paid, due=due)
    for fulfilled, refundable, is_paid, due in product([0, 1, 3], [0, 1], [True, False], [True, False])
]


def whatever(_: Facts) -> bool:
    return True


def it_is_paid(facts: Facts) -> bool:
    return facts.is_paid


def it_is_due(facts: Facts) -> bool:
    return facts.due


def nothing_is_fulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units == 0


def something_is_unfulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units < facts.ordered_units


def all_is_fulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units == facts.ordered_units


def something_is_refundable(facts: Facts) -> bool:
    return facts.refundable_amount > 0


PERMITTED: dict[tuple[OrderStatus, Action], list[tuple[Callable[[Facts], bool], OrderStatus]]] = {
    (PENDING, Action.PAY): [(whatever, PENDING)],
    (PENDING, Action.CONFIRM): [(it_is_paid, CONFIRMED)],
    (PENDING, Action.EXPIRE): [(it_is_due, EXPIRED)],
    (PENDING, Action.CANCEL): [(whatever, CANCELLED)],
    (CONFIRMED, Action.CANCEL): [(nothing_is_fulfilled, CANCELLED)],
    (CONFIRMED, Action.FULFILL): [(something_is_unfulfilled, CONFIRMED), (all_is_fulfilled, FULFILLED)],
    (CONFIRMED, Action.REFUND): [(something_is_refundable, CONFIRMED)],
    (FULFILLED, Action.REFUND): [(something_is_refundable, FULFILLED)],
    (EXPIRED, Action.REVIVE): [(it_is_paid, CONFIRMED)],
    **{(status, action): [(whatever, status)] for status in OrderStatus for action in NOTED_OF_ANY},
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("source", OrderStatus)
def test_an_order_takes_the_actions_of_its_status_and_no_other(source: OrderStatus, action: Action) -> None:
    for facts in EVERY_FACTS:
        targets = [target for guard, target in PERMITTED.get((source, action), []) if guard(facts)]
        if targets:
            assert [target_of(source, action, facts, NOW)] == targets
            continue
        with pytest.raises(InvalidTransition) as refusal:
            target_of(source, action, facts, NOW)
        assert refusal.value.params == {
            "from": source.value,
            "action": action.value,
            "allowed_actions": [a.value for a in allowed_actions(source, facts, Party.STAFF)],
        }


@pytest.mark.parametrize("facts", EVERY_FACTS)
def test_an_owner_may_pay_and_cancel_and_staff_may_ship_and_refund_as_well(facts: Facts) -> None:
    refund = [Action.REFUND] if something_is_refundable(facts) else []
    cancel = [Action.CANCEL] if nothing_is_fulfilled(facts) else []
    assert {status: list(allowed_actions(status, facts, Party.OWNER)) for status in OrderStatus} == {
        PENDING: [Action.PAY, Action.CANCEL],
        CONFIRMED: cancel,
        FULFILLED: [],
        CANCELLED: [],
        EXPIRED: [],
    }
    assert {status: list(allowed_actions(status, facts, Party.STAFF)) for status in OrderStatus} == {
        PENDING: [Action.PAY, Action.CANCEL],
        CONFIRMED: [*cancel, Action.FULFILL, *refund],
        FULFILLED: refund,
        CANCELLED: [],
        EXPIRED: [],
    }


def test_orders_begin_pending_payment() -> None:
    assert [(row.action, row.target) for row in TRANSITIONS if row.source is None] == [
        (Action.PLACE, PENDING)
    ]


def test_every_status_can_be_reached_and_a_cancelled_order_stays_so_for_ever() -> None:
    assert {row.target for row in TRANSITIONS} == set(OrderStatus)
    assert {row.target for row in TRANSITIONS if row.source is CANCELLED} == {CANCELLED}


def test_no_row_of_the_table_hides_another() -> None:
    for facts in EVERY_FACTS:
        open_rows = [(row.source, row.action) for row in TRANSITIONS if row.is_open_to(facts)]
        assert len(set(open_rows)) == len(open_rows)


def test_only_asking_a_provider_leaves_no_event() -> None:
    assert {row.action for row in TRANSITIONS if row.event is None} == {Action.PAY}
