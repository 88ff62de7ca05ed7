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
NOTED_OF_ANY = {
    Action.CLAIM,
    Action.RECORD_REFUND,
    Action.OPEN_DISPUTE,
    Action.WIN_DISPUTE,
    Action.LOSE_DISPUTE,
    Action.FAIL_PAYMENT,
    Action.SETTLE_REFUND,
    Action.FAIL_REFUND,
    Action.RECORD_UNAPPLIED_PAYMENT,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The properties of an order that guards of transitions check."""

    fulfilled_units: int
    units_left_to_ship: int
    refundable_amount: int
    is_paid: bool
    authorized_amount: int
    due: bool

    @property
    def returnable_units(self) -> int:
        return self.fulfilled_units

    @property
    def is_secured(self) -> bool:
        return self.is_paid or self.authorized_amount > 0

    def is_due(self, now: datetime) -> bool:
        assert now == NOW
        return self.due


EVERY_FACTS = [
    Facts(fulfilled, left, refundable, is_paid=is_paid, authorized_amount=authorized, due=due)
    for fulfilled, left, refundable, is_paid, authorized, due in product(
        [0, 1], [0, 2], [0, 1], [True, False], [0, 1], [True, False]
    )
]


def whatever(_: Facts) -> bool:
    return True


def it_is_paid(facts: Facts) -> bool:
    return facts.is_paid


def it_is_due(facts: Facts) -> bool:
    return facts.due


def nothing_is_fulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units == 0


def something_is_fulfilled(facts: Facts) -> bool:
    return facts.fulfilled_units > 0


def something_is_left(facts: Facts) -> bool:
    return facts.units_left_to_ship > 0


def nothing_is_left(facts: Facts) -> bool:
    return facts.units_left_to_ship == 0


def the_rest_is_cancelled(facts: Facts) -> bool:
    return facts.fulfilled_units > 0 and nothing_is_left(facts)


def some_is_shipped_and_some_left(facts: Facts) -> bool:
    return facts.fulfilled_units > 0 and something_is_left(facts)


def something_is_refundable(facts: Facts) -> bool:
    return facts.refundable_amount > 0


def it_is_authorized(facts: Facts) -> bool:
    return facts.authorized_amount > 0


def it_is_secured(facts: Facts) -> bool:
    return facts.is_secured


def it_is_unsecured_and_unshipped(facts: Facts) -> bool:
    return not facts.is_secured and nothing_is_fulfilled(facts)


def it_is_secured_or_shipped(facts: Facts) -> bool:
    return not it_is_unsecured_and_unshipped(facts)


PERMITTED: dict[tuple[OrderStatus, Action], list[tuple[Callable[[Facts], bool], OrderStatus]]] = {
    (PENDING, Action.PAY): [(whatever, PENDING)],
    (PENDING, Action.REQUIRE_ACTION): [(whatever, PENDING)],
    (PENDING, Action.AUTHORIZE): [(it_is_secured, CONFIRMED)],
    **{
        (status, action): [(it_is_authorized, status)]
        for status in (CONFIRMED, FULFILLED)
        for action in (Action.ANNOUNCE_ENDING, Action.RENEW_AUTHORIZATION, Action.CAPTURE, Action.VOID)
    },
    (CONFIRMED, Action.RECORD_CAPTURE): [(whatever, CONFIRMED)],
    (FULFILLED, Action.RECORD_CAPTURE): [(whatever, FULFILLED)],
    **{(status, Action.RECORD_VOID): [(whatever, status)] for status in OrderStatus},
    (CONFIRMED, Action.RECORD_VOID): [
        (it_is_unsecured_and_unshipped, PENDING),
        (it_is_secured_or_shipped, CONFIRMED),
    ],
    (PENDING, Action.CONFIRM): [(it_is_paid, CONFIRMED)],
    (PENDING, Action.EXPIRE): [(it_is_due, EXPIRED)],
    (PENDING, Action.CANCEL): [(whatever, CANCELLED)],
    (CONFIRMED, Action.CANCEL): [(nothing_is_fulfilled, CANCELLED)],
    (PENDING, Action.CANCEL_LINES): [(whatever, PENDING)],
    (CONFIRMED, Action.CANCEL_LINES): [
        (nothing_is_fulfilled, CONFIRMED),
        (some_is_shipped_and_some_left, CONFIRMED),
        (the_rest_is_cancelled, FULFILLED),
    ],
    (PENDING, Action.CHANGE): [(nothing_is_fulfilled, PENDING)],
    (CONFIRMED, Action.CHANGE): [(nothing_is_fulfilled, CONFIRMED)],
    (CONFIRMED, Action.FULFILL): [(something_is_left, CONFIRMED), (nothing_is_left, FULFILLED)],
    (CONFIRMED, Action.REFUND): [
        (lambda facts: something_is_refundable(facts) and something_is_left(facts), CONFIRMED),
        (lambda facts: something_is_refundable(facts) and the_rest_is_cancelled(facts), FULFILLED),
        (
            lambda facts: (
                something_is_refundable(facts) and nothing_is_left(facts) and nothing_is_fulfilled(facts)
            ),
            CANCELLED,
        ),
    ],
    (FULFILLED, Action.REFUND): [(something_is_refundable, FULFILLED)],
    (CONFIRMED, Action.REQUEST_RETURN): [(something_is_fulfilled, CONFIRMED)],
    (FULFILLED, Action.REQUEST_RETURN): [(something_is_fulfilled, FULFILLED)],
    **{
        (status, action): [(whatever, status)]
        for status in (CONFIRMED, FULFILLED)
        for action in (Action.APPROVE_RETURN, Action.REFUSE_RETURN, Action.RECEIVE_RETURN)
    },
    (EXPIRED, Action.REINSTATE): [(it_is_paid, CONFIRMED)],
    **{(status, action): [(whatever, status)] for status in OrderStatus for action in NOTED_OF_ANY},
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("source", OrderStatus)
def test_order_allows_only_the_actions_of_its_status(source: OrderStatus, action: Action) -> None:
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
def test_allowed_actions_of_an_order_depend_on_the_party(facts: Facts) -> None:
    refund = [Action.REFUND] if something_is_refundable(facts) else []
    change = [Action.CHANGE] if nothing_is_fulfilled(facts) else []
    cancel = [Action.CANCEL, Action.CANCEL_LINES] if change else []
    cancel_rest = [] if cancel else [Action.CANCEL_LINES]
    request_return = [Action.REQUEST_RETURN] if something_is_fulfilled(facts) else []
    settle = [Action.CAPTURE, Action.VOID] if it_is_authorized(facts) else []
    assert {status: list(allowed_actions(status, facts, Party.OWNER)) for status in OrderStatus} == {
        PENDING: [Action.PAY, Action.CANCEL, Action.CANCEL_LINES, *change],
        CONFIRMED: [*cancel, *change, *request_return],
        FULFILLED: request_return,
        CANCELLED: [],
        EXPIRED: [],
    }
    assert {status: list(allowed_actions(status, facts, Party.STAFF)) for status in OrderStatus} == {
        PENDING: [Action.PAY, Action.CANCEL, Action.CANCEL_LINES, *change],
        CONFIRMED: [*settle, *cancel, *cancel_rest, *change, Action.FULFILL, *refund, *request_return],
        FULFILLED: [*settle, *refund, *request_return],
        CANCELLED: [],
        EXPIRED: [],
    }


def test_new_order_has_the_status_pending_payment() -> None:
    assert [(row.action, row.target) for row in TRANSITIONS if row.source is None] == [
        (Action.PLACE, PENDING)
    ]


def test_order_transitions_reach_every_status_and_never_leave_cancelled() -> None:
    assert {row.target for row in TRANSITIONS} == set(OrderStatus)
    assert {row.target for row in TRANSITIONS if row.source is CANCELLED} == {CANCELLED}


def test_each_action_has_at_most_one_permitted_transition_from_each_status() -> None:
    for facts in EVERY_FACTS:
        open_rows = [(row.source, row.action) for row in TRANSITIONS if row.is_open_to(facts)]
        assert len(set(open_rows)) == len(open_rows)


def test_every_action_except_pay_and_capture_and_void_records_an_event() -> None:
    requests = {Action.PAY, Action.CAPTURE, Action.VOID}
    assert {row.action for row in TRANSITIONS if row.event is None} == requests
