"""Every state of small shops satisfies every rule. The exploration detects mistakes that a test puts into the code.

tests/model/test_every_state.py explores larger shops, and `make model` the largest.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from adapters.memory.payments import MemoryPaymentRepository
from application.orders import cancel_order
from application.orders.release_expired_holds import Demand, ReleaseExpiredHolds
from application.payments import payment_operations, void_payment
from application.payments.provider_ports import Outcome, PaymentGateway, ProviderAnswer
from application.payments.settle_payments import ask
from domain.catalog.stock import Stock
from domain.orders import authorizing, canceling, fulfilling, holds, order_return, paying, refunding, units
from domain.orders.details import OrderChanges
from domain.orders.fulfillment import FulfilledLine
from domain.orders.holds import release
from domain.orders.lifecycle import Action, Party
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.orders.order_return import ReturnAction, ReturnStatus
from domain.payments.payment import Payment, PaymentOperation
from domain.payments.refund import Refund
from domain.shared.ids import UserId
from domain.shared.money import Money
from tests.model.exploring import Counterexample, explore
from tests.model.rules import DISPUTED, ONE_PAYMENT, PAID, TRUTH, UNCHANGED
from tests.model.world import Bounds

TWO_CUSTOMERS = Bounds(holds=1, failures=0)
"""The bounds of the small shops.

Two customers order the same units. The provider reports a payment early, late, twice or never. Orders expire at any
time.
"""
SHIPPING = Bounds(units=(2,), payments=(2,), fulfills=True)
REFUNDING = Bounds(units=(2,), payments=(1,), refunds=1, failures=2, fulfills=True)
CHARGED_TWICE = Bounds(units=(2,), payments=(1,), failures=1, charges_twice=True)
DISPUTED_PAYMENT = Bounds(units=(1,), payments=(1,), refunds=1, failures=0, fulfills=True, is_disputed=True)
REFUNDED_AT_PROVIDER = Bounds(units=(2,), payments=(1,), failures=1, provider_refunds=1)
CHARGED_TOO_LITTLE = Bounds(units=(2,), payments=(1,), charges_too_little=True)
PAID_IN_PARTS = Bounds(units=(2,), payments=(2,), charges_too_little=True)
CANCELING = Bounds(units=(2,), payments=(1,), refunds=1, fulfills=True, cancels=True)
CLAIMING = Bounds(units=(2,), payments=(1,), refunds=1, failures=0, fulfills=True, claims=True)
CHANGING = Bounds(units=(2,), payments=(1,), fulfills=True, changes=True)
RETURNING = Bounds(units=(2,), payments=(1,), fulfills=True, returns=1)
CANCELING_AUTHORIZED = Bounds(units=(2,), payments=(1,), failures=0, cancels=True, is_manual=True)
AUTHORIZED = Bounds(units=(1,), payments=(1,), fulfills=True, is_manual=True)
RENEWED = Bounds(units=(1,), payments=(1,), fulfills=True, is_manual=True, renews=True)

Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.parametrize(
    ("bounds", "at_least"),
    [
        pytest.param(SHIPPING, 130, id="paying again and shipping"),
        pytest.param(REFUNDING, 320, id="refunding"),
        pytest.param(CANCELING, 260, id="canceling units"),
        pytest.param(CLAIMING, 190, id="claiming orders of guests"),
        pytest.param(CHANGING, 100, id="changing details"),
        pytest.param(RETURNING, 400, id="returning units"),
        pytest.param(CANCELING_AUTHORIZED, 200, id="canceling units of an authorized order"),
        pytest.param(AUTHORIZED, 230, id="authorized, then captured or voided"),
        pytest.param(RENEWED, 420, id="authorized and renewed"),
        pytest.param(DISPUTED_PAYMENT, 180, id="disputed"),
        pytest.param(REFUNDED_AT_PROVIDER, 120, id="refunded at the provider"),
    ],
)
async def test_invariants_hold_in_every_state_of_small_shops(
    bounds: Bounds, at_least: int, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await explore(bounds)
    with capsys.disabled():
        print(f"\n{bounds}: {seen}")  # noqa: T201 - shows how much was checked
    assert seen.states >= at_least


def nobody_expires_what_others_need(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_self: ReleaseExpiredHolds, wants: Sequence[Demand]) -> Sequence[bool]:
        return [False] * len(wants)

    monkeypatch.setattr(ReleaseExpiredHolds, "__call__", never)


def expiry_forgets_to_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "release", _nothing)


def expiry_releases_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(order: Order, stocks: Any, **at: Any) -> None:
        release(order, stocks, **at)
        release(order, stocks, **at)

    monkeypatch.setattr(holds, "release", twice)


def late_money_revives_without_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "can_be_supplied", lambda *_: True)
    monkeypatch.setattr(paying, "reserve", _nothing)


def canceling_keeps_the_money(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel(order: Order, _payments: object, *more: Any, **at: Any) -> Any:
        return canceling.cancel(order, [], *more, **at)

    monkeypatch.setattr(cancel_order, "cancel", cancel)


def more_is_refunded_than_was_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    def net_payments(order: Order) -> int:
        return order.paid_total.amount - order.refunded_total.amount - order.pending_refund_total.amount

    monkeypatch.setattr(Payment, "remaining", property(lambda payment: payment.captured * 2))
    monkeypatch.setattr(Order, "is_paid", property(lambda order: net_payments(order) >= order.payable_amount))
    monkeypatch.setattr(
        Order, "refundable", property(lambda order: Money(net_payments(order), order.currency))
    )
    monkeypatch.setattr(Order, "refundable_amount", property(lambda order: order.total.amount * 2))


def cancelled_units_stay_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canceling, "release_units", _nothing)


def cancelled_units_are_not_refunded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canceling, "_refund_of", _nothing)


def cancelled_units_are_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrderLine, "left_to_ship", property(lambda line: line.quantity - line.fulfilled))


def a_refunded_unit_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunding, "release_units", _nothing)
    monkeypatch.setattr(Order, "_cancel_units", _nothing)


def a_shipped_unit_is_refunded(monkeypatch: pytest.MonkeyPatch) -> None:
    def sum_ordered_units(order: Order, parts: Any, *, code: str, message: str) -> Any:
        return units.sum_units(
            order, parts, at_most=lambda line: line.quantity, exceeded=lambda _: (code, message, {})
        )

    monkeypatch.setattr(refunding, "sum_units_to_ship", sum_ordered_units)
    monkeypatch.setattr(refunding, "release_units", _nothing)
    monkeypatch.setattr(Order, "_cancel_units", _nothing)


def a_shipped_order_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(order: Order, changes: OrderChanges, **_: object) -> None:
        order.note = order.details.changed_by(changes).note

    def ensure_allows(order: Order, action: Action, party: Party) -> None:
        if action is not Action.CHANGE:
            allows(order, action, party)

    allows = Order.ensure_allows
    monkeypatch.setattr(Order, "ensure_allows", ensure_allows)
    monkeypatch.setattr(Order, "change", change)


def a_claimed_order_leaves_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Order.claim

    def silently(order: Order, customer_id: UserId, **at: Any) -> None:
        claim(order, customer_id, **at)
        order.take_events()

    monkeypatch.setattr(Order, "claim", silently)


def a_return_is_received_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    received = (ReturnStatus.RECEIVED, ReturnAction.RECEIVE)
    transitions = {**order_return.RETURN_TRANSITIONS, received: ReturnStatus.RECEIVED}
    monkeypatch.setattr(order_return, "RETURN_TRANSITIONS", transitions)


def returned_units_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stock, "take_back", _nothing)


def a_failed_refund_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    fail = Order.fail_refund

    def give_up(order: Order, refund: Refund, retry: Refund | None, **at: Any) -> None:
        fail(order, refund, None, **at)

    monkeypatch.setattr(Order, "fail_refund", give_up)
    monkeypatch.setattr(Refund, "retry", lambda *_, **__: None)


def an_event_is_applied_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "_is_known", lambda *_: False)


def more_is_shipped_than_was_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked(_order: Order, parts: Sequence[FulfilledLine]) -> tuple[FulfilledLine, ...]:
        return tuple(parts)

    at_least_none = property(lambda order: max(0, sum(line.left_to_ship for line in order.lines)))
    monkeypatch.setattr(fulfilling, "_summed", unchecked)
    monkeypatch.setattr(Order, "units_left_to_ship", at_least_none)


def a_refund_is_settled_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(order: Order, refund: Any, **at: Any) -> bool:
        refund.succeed(now=at["now"])
        order.settle_refund(refund, **at)
        return True

    monkeypatch.setattr(refunding, "settle", settle)


def an_expired_order_leaves_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    expire = Order.expire

    def silently(order: Order, **at: Any) -> None:
        expire(order, **at)
        order.take_events()

    monkeypatch.setattr(Order, "expire", silently)


def a_second_payment_is_admitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "ensure_none_undecided", _nothing)
    monkeypatch.setattr(MemoryPaymentRepository, "_ensure_sole", _nothing)


def a_captured_payment_is_voided(monkeypatch: pytest.MonkeyPatch) -> None:
    async def believe_in_void(gateway: PaymentGateway, payment: Payment) -> ProviderAnswer:
        if payment.requested is PaymentOperation.VOID:
            return ProviderAnswer(outcome=Outcome.VOIDED)
        return await ask(gateway, payment)

    def request(_order: Order, payment: Payment, _party: object, *, now: datetime) -> None:
        payment.request_operation(PaymentOperation.VOID, at=now)

    def void(order: Order, payment: Payment, failure: str | None, **at: Any) -> bool:
        payment.void(failure, now=at["now"])
        order.record_void(payment, **at)
        return True

    monkeypatch.setattr(payment_operations, "ask", believe_in_void)
    monkeypatch.setattr(void_payment, "request_void", request)
    monkeypatch.setattr(paying, "void", void)


def canceling_keeps_the_authorization(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canceling, "void_all", _nothing)


def a_disputed_order_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Order, "ensure_undisputed", _nothing)


def a_refund_at_the_provider_is_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Order.record_refund

    def twice(order: Order, refund: Refund, **at: Any) -> None:
        record(order, refund, **at)
        order.refunded_total += refund.amount

    monkeypatch.setattr(Order, "record_refund", twice)


def a_late_authorization_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def authorize(order: Order, payment: Payment, _others: object, reference: str | None, **at: Any) -> bool:
        payment.authorize(reference, until=at["until"], now=at["now"])
        order.authorized_total += payment.amount
        return True

    monkeypatch.setattr(authorizing, "authorize", authorize)


def money_that_goes_back_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Order, "refundable_amount", property(lambda order: order.paid_total.amount))


def reserving_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stock, "can_supply", lambda *_: True)


def _nothing(*_: object, **__: object) -> None:
    pass


@pytest.mark.parametrize(
    ("plant", "bounds", "broken"),
    [
        (nobody_expires_what_others_need, TWO_CUSTOMERS, TRUTH),
        (expiry_forgets_to_release, TWO_CUSTOMERS, "I3"),
        (expiry_releases_twice, TWO_CUSTOMERS, "There is not enough stock"),
        (late_money_revives_without_stock, TWO_CUSTOMERS, "I3"),
        (canceling_keeps_the_money, TWO_CUSTOMERS, "I5"),
        (a_refunded_unit_is_shipped, REFUNDING, "I10"),
        (a_shipped_unit_is_refunded, REFUNDING, "I10"),
        (a_shipped_order_is_changed, CHANGING, UNCHANGED),
        (a_claimed_order_leaves_no_event, CLAIMING, "I9"),
        (a_return_is_received_twice, RETURNING, "I3"),
        (returned_units_are_lost, RETURNING, "I4"),
        (cancelled_units_stay_reserved, CANCELING, "I3"),
        (cancelled_units_are_not_refunded, CANCELING, "I5"),
        (cancelled_units_are_shipped, CANCELING, "There is not enough stock"),
        (a_failed_refund_is_given_up, CHARGED_TOO_LITTLE, "I5"),
        (a_failed_refund_is_given_up, CHARGED_TWICE, "I5"),
        (more_is_refunded_than_was_paid, REFUNDING, "more returned than was captured"),
        (an_event_is_applied_twice, TWO_CUSTOMERS, "two payments with one reference"),
        (more_is_shipped_than_was_ordered, SHIPPING, "There is not enough stock"),
        (a_refund_is_settled_twice, REFUNDING, "I6"),
        (a_second_payment_is_admitted, SHIPPING, ONE_PAYMENT),
        (money_that_goes_back_counts, PAID_IN_PARTS, PAID),
        (a_disputed_order_is_shipped, DISPUTED_PAYMENT, DISPUTED),
        (a_refund_at_the_provider_is_counted_twice, REFUNDED_AT_PROVIDER, "more refunded than was paid"),
        (a_captured_payment_is_voided, AUTHORIZED, "I6"),
        (canceling_keeps_the_authorization, AUTHORIZED, "I5"),
        (a_late_authorization_is_kept, AUTHORIZED, "I5"),
        (an_expired_order_leaves_no_event, TWO_CUSTOMERS, "I9"),
        (reserving_is_not_checked, TWO_CUSTOMERS, "There is not enough stock"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_model_check_detects_each_mistake_that_the_test_adds_to_the_model(
    plant: Plant, bounds: Bounds, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(Counterexample) as found:
        await explore(bounds)
    assert broken in found.value.rule
