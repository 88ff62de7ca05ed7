from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest

from domain.orders.lifecycle import (
    TRANSITIONS,
    Action,
    InvalidTransition,
    OrderStatus,
    allowed_actions,
    target_of,
)

PENDING, CONFIRMED, FULFILLED, CANCELLED, EXPIRED = OrderStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards ask of an order."""

    fulfilled_units: int
    ordered_units: int
    refundable_amount: int


EVERY_FACTS = [Facts(fulfilled, 3, refundable) for fulfilled, refundable in product([0, 1, 3], [0, 1])]


def whatever(_: Facts) -> bool:
    return True


def nothing_is_fulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units == 0


def something_is_unfulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units < facts.ordered_units


def all_is_fulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units == facts.ordered_units


def something_is_refundable(facts: Facts) -> bool:
    return facts.refundable_amount > 0


PERMITTED: dict[tuple[OrderStatus, Action], tuple[Callable[[Facts], bool], OrderStatus]] = {
    (PENDING, Action.CONFIRM): (whatever, CONFIRMED),
    (PENDING, Action.EXPIRE): (whatever, EXPIRED),
    (PENDING, Action.CANCEL): (whatever, CANCELLED),
    (CONFIRMED, Action.CANCEL): (nothing_is_fulfilled, CANCELLED),
    (CONFIRMED, Action.FULFIL): (something_is_unfulfilled, CONFIRMED),
    (CONFIRMED, Action.COMPLETE): (all_is_fulfilled, FULFILLED),
    (CONFIRMED, Action.REFUND): (something_is_refundable, CONFIRMED),
    (FULFILLED, Action.REFUND): (something_is_refundable, FULFILLED),
    (EXPIRED, Action.REVIVE): (whatever, CONFIRMED),
}


@pytest.mark.parametrize("facts", EVERY_FACTS)
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("source", OrderStatus)
def test_an_order_takes_the_actions_of_its_status_and_no_other(
    source: OrderStatus, action: Action, facts: Facts
) -> None:
    guard, target = PERMITTED.get((source, action), (None, None))
    if guard is not None and guard(facts):
        assert target_of(source, action, facts) is target
        return
    with pytest.raises(InvalidTransition) as refusal:
        target_of(source, action, facts)
    assert refusal.value.params == {
        "from": source.value,
        "action": action.value,
        "allowed_actions": [allowed.value for allowed in allowed_actions(source, facts)],
    }


@pytest.mark.parametrize("facts", EVERY_FACTS)
def test_clients_are_offered_to_cancel_until_something_is_fulfilled(facts: Facts) -> None:
    offered = {status: list(allowed_actions(status, facts)) for status in OrderStatus}
    assert offered == {
        PENDING: [Action.CANCEL],
        CONFIRMED: [Action.CANCEL] if nothing_is_fulfilled(facts) else [],
        FULFILLED: [],
        CANCELLED: [],
        EXPIRED: [],
    }


def test_orders_begin_pending_payment() -> None:
    assert [(row.action, row.target) for row in TRANSITIONS if row.source is None] == [
        (Action.PLACE, PENDING)
    ]


def test_every_status_can_be_reached_and_only_a_cancelled_order_stays_as_it_is_for_ever() -> None:
    assert {row.target for row in TRANSITIONS} == set(OrderStatus)
    assert set(OrderStatus) - {row.source for row in TRANSITIONS} == {CANCELLED}


def test_no_row_of_the_table_hides_another() -> None:
    keys = [(row.source, row.action) for row in TRANSITIONS]
    assert len(set(keys)) == len(keys)
