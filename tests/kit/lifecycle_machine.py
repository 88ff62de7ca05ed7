"""A Hypothesis state machine of customers, staff, providers and time acting on a shop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from application.catalog.change_product import ChangeProductCommand
from application.catalog.count_stock import CountStockCommand
from application.catalog.views import ProductView
from application.orders.access import OrderAccess
from application.orders.views import OrderView, ReturnView
from application.payments.ports import Outcome, ProviderEventKind
from application.payments.views import PaymentView, RefundView
from application.shared.idempotency import IdempotentResult
from domain.catalog.product import ProductChanges
from domain.catalog.stock import StockConflict
from domain.orders.lifecycle import Action, InvalidTransition
from domain.orders.order_return import InvalidReturnTransition, ReturnAction
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.placing import OutOfStock
from domain.orders.refunding import RefundExceedsPaid
from domain.shared.errors import DomainError, ValidationFailed
from domain.shared.ids import OrderId
from domain.shared.money import Money
from tests.invariants import assert_invariants, every_order, payments
from tests.kit.actors import SOMEBODY
from tests.kit.settling import assert_settled, assert_sold_out, settle_everything
from tests.kit.shop import HOLD, STAFF, Shop
from tests.kit.store import Store

T = TypeVar("T")


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


V = TypeVar("V", bound=Identified)
Send = Callable[[], Awaitable[IdempotentResult[Any]]]
"""Sends one request with its key; each call is a retry."""

TOKENS = ["tok_ok", "tok_ok", "tok_ok", "tok_pending", "tok_timeout", "tok_declined", "tok_lost"]
ANSWERS = ["ok", "ok", "ok", "declined", "pending", "timeout", "lost"]
DISPUTES = [
    ProviderEventKind.DISPUTE_OPENED,
    ProviderEventKind.DISPUTE_WON,
    ProviderEventKind.DISPUTE_LOST,
]
OpenStore = Callable[[], AbstractAsyncContextManager[Store]]


class LifecycleMachine(RuleBasedStateMachine):
    """The use cases of orders, payments and stock, held to `allowed_actions` and to the ten invariants.

    A preview agrees with placing, and a retry with the same key gets the same response without a second effect.
    """

    open_store: OpenStore
    checks_each_step = True

    orders: Bundle[OrderId] = Bundle("orders")
    payments: Bundle[PaymentView] = Bundle("payments")
    refunds: Bundle[tuple[RefundView, PaymentView]] = Bundle("refunds")
    returns: Bundle[ReturnView] = Bundle("returns")

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        store = self.run(self._stack.enter_async_context(type(self).open_store()))
        self.shop = Shop(store)
        self.products: list[ProductView] = []
        self.sent: list[tuple[Send, UUID]] = []

    def teardown(self) -> None:
        try:
            self.shop.gateway.is_down = False
            self.run(settle_everything(self.shop))
            self.run(assert_invariants(self.shop))
            self.run(assert_settled(self.shop))
        finally:
            self.run(self._stack.aclose())
            self._runner.close()

    def run(self, work: Awaitable[T]) -> T:
        async def wait() -> T:
            return await work

        return self._runner.run(wait())

    def attempt(
        self,
        order_id: OrderId,
        action: Action,
        send: Callable[[], Awaitable[IdempotentResult[V]]],
        *allowed: type[DomainError],
    ) -> V | None:
        """Run an action on an order, and check that it succeeds exactly if `allowed_actions` contains it."""
        before = self.see(order_id)
        is_offered = action in before.allowed_actions
        is_due = action is Action.PAY and self.shop.clock.now() >= before.expires_at
        try:
            result = self.run(send()).result
        except InvalidTransition:
            assert not is_offered or is_due
            return None
        except allowed:
            return None
        assert is_offered
        assert not is_due
        self.sent.append((send, result.id))
        return result

    def see(self, order_id: OrderId) -> OrderView:
        return self.run(self.shop.get_order(order_id, access=OrderAccess.all()))

    @initialize(stocks=st.lists(st.integers(3, 9), min_size=1, max_size=2), price=st.integers(0, 3))
    def open(self, stocks: list[int], price: int) -> None:
        self.products = [
            self.run(self.shop.product(stock=stock, price=333 * price + 1 - number))
            for number, stock in enumerate(stocks)
        ]

    @rule(target=orders, data=st.data())
    def place(self, data: st.DataObject) -> Any:
        units = data.draw(
            st.lists(st.integers(0, 3), min_size=len(self.products), max_size=len(self.products))
        )
        lines = [(product, n) for product, n in zip(self.products, units, strict=True) if n]
        if not lines:
            return multiple()
        placing = self.shop.placing(*lines, customer=self.run(self.shop.customer()))
        send = partial(self.shop.place_order, placing)
        try:
            quoted = self.run(self.shop.preview_order(placing.request))
        except OutOfStock as refusal:
            short = {str(violation.params["sku"]) for violation in refusal.violations}
            self.run(assert_sold_out(self.shop, short))
            with pytest.raises(OutOfStock):
                self.run(send())
            return multiple()
        order = self.run(send()).result
        assert order.total == quoted.total
        self.sent.append((send, order.id))
        return order.id

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        send, result_id = data.draw(st.sampled_from(self.sent))
        before = self.run(every_order(self.shop))
        repeated = self.run(send())
        assert (repeated.replayed, repeated.result.id) == (True, result_id)
        assert self.run(every_order(self.shop)) == before

    @rule(target=payments, order_id=orders, token=st.sampled_from(TOKENS))
    def pay(self, order_id: OrderId, token: str) -> Any:
        order = self.see(order_id)
        undecided = {p.id for p in self.run(payments(self.shop, order)) if p.decided_at is None}
        send = partial(self.shop.pay_order, self.shop.paying(order, token))
        payment = self.attempt(order_id, Action.PAY, send, PaymentInProgress)
        assert payment is None or not undecided
        return multiple() if payment is None else payment

    @rule(order_id=orders)
    def cancel(self, order_id: OrderId) -> None:
        cancelling = self.shop.cancelling(self.see(order_id))
        self.attempt(order_id, Action.CANCEL, partial(self.shop.cancel_order, cancelling), OrderDisputed)

    @rule(order_id=orders, data=st.data())
    def cancel_lines(self, order_id: OrderId, data: st.DataObject) -> None:
        order = self.see(order_id)
        units = data.draw(st.tuples(*(st.integers(0, line.quantity) for line in order.lines)))
        if any(units):
            send = partial(self.shop.cancel_order, self.shop.cancelling(order, *units))
            self.attempt(
                order_id, Action.CANCEL_LINES, send, ValidationFailed, PaymentInProgress, OrderDisputed
            )

    @rule(order_id=orders, note=st.sampled_from(["Ring once", "Ring twice"]))
    def change(self, order_id: OrderId, note: str) -> None:
        send = partial(self.shop.change_order, self.shop.changing(self.see(order_id), note=note))
        changed = self.attempt(order_id, Action.CHANGE, send)
        assert changed is None or self.see(order_id).note == note

    @rule(target=returns, order_id=orders, data=st.data())
    def request_return(self, order_id: OrderId, data: st.DataObject) -> Any:
        order = self.see(order_id)
        units = data.draw(st.tuples(*(st.integers(0, line.quantity) for line in order.lines)))
        if not any(units):
            return multiple()
        send = partial(self.shop.request_return, self.shop.returning(order, *units))
        requested = self.attempt(order_id, Action.REQUEST_RETURN, send, ValidationFailed)
        return multiple() if requested is None else requested

    @rule(returned=returns, action=st.sampled_from(ReturnAction), refund=st.sampled_from([None, 0, 1, 300]))
    def act_on_return(self, returned: ReturnView, action: ReturnAction, refund: int | None) -> None:
        now = self.run(self.shop.store.orders.order_return(returned.order_id, returned.id))
        assert now is not None
        attempts = {
            ReturnAction.APPROVE: partial(self.shop.approve, now, refund),
            ReturnAction.REFUSE: partial(self.shop.refuse, now),
            ReturnAction.RECEIVE: partial(self.shop.receive, now, restock=refund != 0),
        }
        try:
            self.run(attempts[action]())
        except InvalidReturnTransition:
            assert action not in now.allowed_actions
        except (RefundExceedsPaid, OrderDisputed):
            pass
        else:
            assert action in now.allowed_actions

    @rule(payment=payments, kind=st.sampled_from(DISPUTES))
    def dispute(self, payment: PaymentView, kind: ProviderEventKind) -> None:
        answer = self.shop.gateway.payments.get(payment.id)
        known = self.run(self.shop.store.payments.payment(payment.order_id, payment.id))
        if answer and answer.outcome is Outcome.SUCCEEDED and known and known.captured.amount:
            self.run(self.shop.told(kind, payment))

    @rule(order_id=orders, data=st.data())
    def fulfil(self, order_id: OrderId, data: st.DataObject) -> None:
        order = self.see(order_id)
        units = data.draw(st.tuples(*(st.integers(0, line.quantity) for line in order.lines)))
        if any(units):
            send = partial(self.shop.fulfill_order, self.shop.fulfilling(order, *units))
            self.attempt(order_id, Action.FULFILL, send, ValidationFailed, OrderDisputed)

    @rule(target=refunds, order_id=orders, data=st.data(), answer=st.sampled_from(ANSWERS))
    def refund(self, order_id: OrderId, data: st.DataObject, answer: str) -> Any:
        order = self.see(order_id)
        units = st.lists(st.integers(0, 3), min_size=len(order.lines), max_size=len(order.lines)).filter(any)
        wanted = data.draw(st.one_of(st.integers(1, order.total.amount + 1), units))
        self.shop.gateway.next_refunds = [answer]
        send = partial(self.shop.refund_order, self.shop.refunding(order, wanted))
        refund = self.attempt(
            order_id, Action.REFUND, send, RefundExceedsPaid, ValidationFailed, OrderDisputed
        )
        self.shop.gateway.next_refunds = []
        if refund is None:
            return multiple()
        payment = self.run(self.shop.store.payments.payment(order_id, refund.payment_id))
        assert payment is not None
        return refund, payment

    @rule(payment=payments, outcome=st.sampled_from([Outcome.SUCCEEDED, Outcome.DECLINED]))
    def decide(self, payment: PaymentView, outcome: Outcome) -> None:
        answer = self.shop.gateway.payments.get(payment.id)
        if answer and answer.outcome is Outcome.PENDING:
            self.shop.gateway.decide(payment.id, outcome)

    @rule(payment=payments, is_second=st.booleans(), missing=st.sampled_from([0, 0, 1, 500]))
    def tell_of_payment(self, payment: PaymentView, is_second: bool, missing: int) -> None:
        answer = self.shop.gateway.payments.get(payment.id)
        if answer and answer.outcome is Outcome.SUCCEEDED:
            reference = f"{'again' if is_second else 'ch'}_{payment.id}"
            amount = payment.amount - Money(min(missing, payment.amount.amount - 1), payment.amount.currency)
            self.run(self.shop.told(ProviderEventKind.CAPTURED, payment, reference=reference, amount=amount))
        elif answer and answer.outcome is Outcome.DECLINED:
            self.run(self.shop.told(ProviderEventKind.FAILED, payment))

    @rule(told_of=refunds, is_good=st.booleans())
    def tell_of_refund(self, told_of: tuple[RefundView, PaymentView], is_good: bool) -> None:
        refund, payment = told_of
        if refund.id in self.shop.gateway.refunds:
            kind = ProviderEventKind.REFUNDED if is_good else ProviderEventKind.REFUND_FAILED
            self.shop.gateway.decide_refund(refund.id, Outcome.SUCCEEDED if is_good else Outcome.DECLINED)
            self.run(self.shop.told(kind, payment, refund=refund))

    @rule(actor=st.sampled_from([timedelta(minutes=1), timedelta(minutes=7), HOLD]))
    def wait(self, actor: timedelta) -> None:
        self.shop.clock.advance(actor)

    @rule()
    def sweep(self) -> None:
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
            self.run(self.shop.adjust_stock(self.shop.adjusting((product, units))))

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
    def reprice(self, data: st.DataObject, price: int) -> None:
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
    def every_rule_holds(self) -> None:
        if self.checks_each_step:
            self.run(assert_invariants(self.shop))
