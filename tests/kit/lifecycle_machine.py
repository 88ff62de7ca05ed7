"""A Hypothesis state machine. Customers, staff, payment providers and the passing of time change a shop."""

from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from application.catalog.change_product import ChangeProductCommand
from application.catalog.count_stock import CountStockCommand
from application.payments.provider_ports import Outcome, ProviderEventKind
from domain.catalog.product import ProductChanges
from domain.catalog.stock import StockConflict
from domain.orders.lifecycle import Action
from domain.orders.order_return import ReturnAction
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.placing import OutOfStock
from domain.orders.refunding import RefundExceedsPaid
from domain.payments.payment import RENEW_BEFORE_END, CaptureMethod
from domain.shared.errors import ValidationFailed
from domain.shared.money import Money
from tests.invariants import assert_invariants, every_order
from tests.kit.actors import SOMEBODY, STAFF
from tests.kit.settling import assert_sold_out
from tests.kit.shop import HOLD
from tests.kit.shop_machine import ShopMachine

TOKENS = ["tok_ok", "tok_ok", "tok_ok", "tok_pending", "tok_timeout", "tok_declined", "tok_lost"]
ANSWERS = ["ok", "ok", "ok", "declined", "pending", "timeout", "lost"]
DISPUTES = [
    ProviderEventKind.DISPUTE_OPENED,
    ProviderEventKind.DISPUTE_WON,
    ProviderEventKind.DISPUTE_LOST,
]
EVENT_KINDS = {
    Outcome.AUTHORIZED: ProviderEventKind.AUTHORIZED,
    Outcome.VOIDED: ProviderEventKind.VOIDED,
    Outcome.DECLINED: ProviderEventKind.FAILED,
}
AUTHORIZATION = timedelta(days=7) - RENEW_BEFORE_END
"""The time from a payment's authorization until the worker renews or voids the authorization."""
SALES = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.sampled_from(
            ["placed", "paid", "authorized", "captured", "voided", "shipped", "returned", "received"]
        ),
    ),
    min_size=4,
    max_size=6,
    unique_by=lambda sale: sale[1],
)
"""For each order at the start: the number of units, and the state that the order has reached."""


class LifecycleMachine(ShopMachine):
    """The use cases of orders, payments and stock.

    The machine compares the results of the use cases with `allowed_actions`, and checks the ten invariants. A preview
    must equal the placed order. A retry with the same idempotency key must get the same response, and must have no
    second effect.
    """

    checks_each_step = True

    @initialize(
        stocks=st.lists(st.integers(4, 12), min_size=1, max_size=2),
        price=st.integers(0, 3),
        sales=SALES,
        renewal=st.sampled_from([None, timedelta(days=7)]),
    )
    def open(
        self, stocks: list[int], price: int, sales: list[tuple[int, str]], renewal: timedelta | None
    ) -> None:
        self.shop.gateway.renewal = renewal
        self.products = [
            self.run(self.shop.product(stock=stock, price=333 * price + 1 - number))
            for number, stock in enumerate(stocks)
        ]
        for units, progress in sales:
            with suppress(OutOfStock):
                self._sell(units, progress)

    def _sell(self, units: int, progress: str) -> None:
        """Place an order, and perform the actions that lead to the state `progress`."""
        order = self.run(self.shop.order(self.products[0], units))
        if progress == "placed":
            return
        payment = self.send_payment(
            order, "tok_ok", is_manual=progress in {"authorized", "captured", "voided"}
        )
        assert payment is not None
        if progress == "captured":
            self.send_capture(payment, 1)
        elif progress == "voided":
            self.send_void(payment)
        elif progress in {"shipped", "returned", "received"}:
            self.ship(order, *(line.quantity for line in order.lines))
        if progress in {"returned", "received"}:
            returned = self.send_back(order, *(1 for _ in order.lines))
            assert returned is not None
            approved = self.run(self.shop.approve(returned))
            if progress == "received":
                self.decide_return(approved, ReturnAction.RECEIVE, None)

    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        units = data.draw(
            st.lists(st.integers(0, 3), min_size=len(self.products), max_size=len(self.products))
        )
        lines = [(product, n) for product, n in zip(self.products, units, strict=True) if n]
        if not lines:
            return
        placing = self.shop.commands.place_order(*lines, customer=self.run(self.shop.customer()))
        send = partial(self.shop.place_order, placing)
        try:
            quoted = self.run(self.shop.preview_order(placing.request))
        except OutOfStock as refusal:
            short = {str(violation.params["sku"]) for violation in refusal.violations}
            self.run(assert_sold_out(self.shop, short))
            with pytest.raises(OutOfStock):
                self.run(send())
            return
        order = self.run(send()).result
        assert order.total == quoted.total
        self.sent.append((send, order.id))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        send, result_id = data.draw(st.sampled_from(self.sent))
        before = self.run(every_order(self.shop))
        repeated = self.run(send())
        assert (repeated.replayed, repeated.result.id) == (True, result_id)
        assert self.run(every_order(self.shop)) == before

    @rule(data=st.data(), token=st.sampled_from(TOKENS), is_manual=st.booleans())
    def pay(self, data: st.DataObject, token: str, is_manual: bool) -> None:
        self.send_payment(self.draw_order(data, Action.PAY), token, is_manual=is_manual)

    @rule(data=st.data(), amount=st.sampled_from([None, 1, 100]))
    def capture(self, data: st.DataObject, amount: int | None) -> None:
        if payment := self.draw_payment(data, is_authorized=True):
            self.send_capture(payment, amount)

    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        if payment := self.draw_payment(data, is_authorized=True):
            self.send_void(payment)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = self.draw_order(data, Action.CANCEL)
        send = partial(self.shop.cancel_order, self.shop.commands.cancel_order(order))
        self.attempt(order.id, Action.CANCEL, send, OrderDisputed)

    @rule(data=st.data())
    def cancel_lines(self, data: st.DataObject) -> None:
        order = self.draw_order(data, Action.CANCEL_LINES)
        units = data.draw(st.tuples(*(st.integers(0, line.quantity) for line in order.lines)))
        if any(units):
            send = partial(self.shop.cancel_order, self.shop.commands.cancel_order(order, *units))
            self.attempt(
                order.id, Action.CANCEL_LINES, send, ValidationFailed, PaymentInProgress, OrderDisputed
            )

    @rule(data=st.data(), note=st.sampled_from(["Ring once", "Ring twice"]))
    def change(self, data: st.DataObject, note: str) -> None:
        order = self.draw_order(data, Action.CHANGE)
        send = partial(self.shop.change_order, self.shop.commands.change_order(order, note=note))
        changed = self.attempt(order.id, Action.CHANGE, send)
        assert changed is None or self.current_order(order.id).note == note

    @rule(data=st.data())
    def request_return(self, data: st.DataObject) -> None:
        order = self.draw_order(data, Action.REQUEST_RETURN)
        units = data.draw(st.tuples(*(st.integers(0, line.fulfilled + 1) for line in order.lines)))
        if any(units):
            self.send_back(order, *units)

    @rule(data=st.data(), action=st.sampled_from(ReturnAction), refund=st.sampled_from([None, 0, 1, 300]))
    def act_on_return(self, data: st.DataObject, action: ReturnAction, refund: int | None) -> None:
        if returned := self.draw_return(data, action):
            self.decide_return(returned, action, refund)

    @rule(data=st.data(), kind=st.sampled_from(DISPUTES))
    def dispute(self, data: st.DataObject, kind: ProviderEventKind) -> None:
        payment = self.draw_payment(data)
        if payment and payment.captured.amount and payment.id in self.shop.gateway.payments:
            self.run(self.shop.report_provider_event(kind, payment))

    @rule(data=st.data())
    def fulfil(self, data: st.DataObject) -> None:
        order = self.draw_order(data, Action.FULFILL)
        units = data.draw(st.tuples(*(st.integers(0, line.quantity) for line in order.lines)))
        if any(units):
            self.ship(order, *units)

    @rule(data=st.data(), answer=st.sampled_from(ANSWERS))
    def refund(self, data: st.DataObject, answer: str) -> None:
        order = self.draw_order(data, Action.REFUND)
        units = st.lists(st.integers(0, 3), min_size=len(order.lines), max_size=len(order.lines)).filter(any)
        wanted = data.draw(st.one_of(st.integers(1, order.total.amount + 1), units))
        self.shop.gateway.next_refunds = [answer]
        send = partial(self.shop.refund_order, self.shop.commands.refund_order(order, wanted))
        self.attempt(order.id, Action.REFUND, send, RefundExceedsPaid, ValidationFailed, OrderDisputed)
        self.shop.gateway.next_refunds = []

    @rule(data=st.data(), is_good=st.booleans())
    def decide(self, data: st.DataObject, is_good: bool) -> None:
        payment = self.draw_payment(data)
        answer = self.shop.gateway.payments.get(payment.id) if payment else None
        if payment and answer and answer.outcome is Outcome.PENDING:
            is_manual = payment.capture_method is CaptureMethod.MANUAL
            success = Outcome.AUTHORIZED if is_manual else Outcome.SUCCEEDED
            self.shop.gateway.decide(payment.id, success if is_good else Outcome.DECLINED)

    @rule(data=st.data(), is_capture=st.booleans())
    def decide_at_provider(self, data: st.DataObject, is_capture: bool) -> None:
        """Capture or void an authorized payment in the dashboard of the provider."""
        payment = self.draw_payment(data, is_authorized=True)
        answer = self.shop.gateway.payments.get(payment.id) if payment else None
        if payment and answer and answer.outcome is Outcome.AUTHORIZED:
            self.shop.gateway.decide(payment.id, Outcome.SUCCEEDED if is_capture else Outcome.VOIDED)

    @rule(data=st.data(), is_second=st.booleans(), missing=st.sampled_from([0, 0, 1, 500]))
    def report_payment(self, data: st.DataObject, is_second: bool, missing: int) -> None:
        payment = self.draw_payment(data)
        answer = self.shop.gateway.payments.get(payment.id) if payment else None
        if payment is None or answer is None:
            return
        if answer.outcome is Outcome.SUCCEEDED:
            reference = f"{'again' if is_second else 'ch'}_{payment.id}"
            captured = answer.amount or payment.amount
            amount = captured - Money(min(missing, captured.amount - 1), captured.currency)
            self.run(
                self.shop.report_provider_event(
                    ProviderEventKind.CAPTURED, payment, reference=reference, amount=amount
                )
            )
        elif answer.outcome in EVENT_KINDS:
            until = answer.authorized_until
            self.run(
                self.shop.report_provider_event(EVENT_KINDS[answer.outcome], payment, authorized_until=until)
            )

    @rule(data=st.data(), is_good=st.booleans())
    def report_refund(self, data: st.DataObject, is_good: bool) -> None:
        drawn = self.draw_refund(data)
        if drawn and drawn[0].id in self.shop.gateway.refunds:
            refund, payment = drawn
            kind = ProviderEventKind.REFUNDED if is_good else ProviderEventKind.REFUND_FAILED
            self.shop.gateway.decide_refund(refund.id, Outcome.SUCCEEDED if is_good else Outcome.DECLINED)
            self.run(self.shop.report_provider_event(kind, payment, refund=refund))

    @rule(time=st.sampled_from([timedelta(minutes=1), timedelta(minutes=7), HOLD, AUTHORIZATION]))
    def wait(self, time: timedelta) -> None:
        self.shop.clock.advance(time)

    @rule()
    def expire(self) -> None:
        self.run(self.shop.expire())

    @rule()
    def settle(self) -> None:
        self.run(self.shop.settle())

    @rule(is_down=st.booleans())
    def provider(self, is_down: bool) -> None:
        self.shop.gateway.is_down = is_down

    @rule(data=st.data(), units=st.integers(-2, 3))
    def adjust(self, data: st.DataObject, units: int) -> None:
        product = data.draw(st.sampled_from(self.products))
        with suppress(StockConflict):
            self.run(self.shop.adjust_stock(self.shop.commands.adjust_stock((product, units))))

    @rule(data=st.data(), on_hand=st.integers(0, 12))
    def count(self, data: st.DataObject, on_hand: int) -> None:
        stock = self.run(self.shop.get_stock(data.draw(st.sampled_from(self.products)).id))
        counting = CountStockCommand(
            product_id=stock.product_id,
            on_hand=on_hand,
            reason="stocktaking",
            expected_version=stock.version,
            actor=STAFF,
        )
        try:
            self.run(self.shop.count_stock(counting))
        except StockConflict:
            assert on_hand < stock.reserved
        else:
            assert on_hand >= stock.reserved

    @rule(data=st.data(), price=st.integers(0, 2000))
    def change_price(self, data: st.DataObject, price: int) -> None:
        product_id = data.draw(st.sampled_from(self.products)).id
        product = self.run(self.shop.get_product(product_id, include_archived=True))
        change = ChangeProductCommand(
            product_id=product.id,
            expected_version=product.version,
            changes=ProductChanges(price=Money(price, product.price.currency)),
            actor=SOMEBODY,
        )
        self.run(self.shop.change_product(change))

    @invariant()
    def invariants_hold(self) -> None:
        if self.checks_each_step:
            self.run(assert_invariants(self.shop))
