"""Actions and draws for Hypothesis state machines over a shop.

LifecycleMachine defines the rules.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from application.catalog.views import ProductView
from application.orders.access import OrderAccess
from application.orders.views import OrderView, ReturnView
from application.payments.views import PaymentView, RefundView
from application.shared.idempotency import IdempotentOperation, IdempotentResult
from domain.orders.lifecycle import Action, InvalidTransition
from domain.orders.order_return import InvalidReturnTransition, ReturnAction
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.refunding import RefundExceedsPaid
from domain.payments.payment import PaymentStatus
from domain.shared.errors import DomainError, ValidationFailed
from domain.shared.ids import OrderId
from domain.shared.money import Money
from tests.invariants import assert_invariants, every_order, payments, refunds
from tests.kit.settling import assert_settled, settle_everything
from tests.kit.shop import Shop
from tests.kit.store import Store

T = TypeVar("T")


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


V = TypeVar("V", bound=Identified)
Send = Callable[[], Awaitable[IdempotentResult[Any]]]
"""A function that sends a request. Each call sends the same idempotency key, so each later call is a retry."""

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]


class ShopMachine(RuleBasedStateMachine):
    """A Hypothesis state machine over a shop, with helper methods for rules.

    A rule draws its order, payment or return from all objects of the shop. Each rule therefore works even if
    Hypothesis has disabled some of the other rules.

    `performed` counts successful actions.
    """

    open_store: OpenStore
    performed: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        store = self.run(self._stack.enter_async_context(type(self).open_store()))
        self.shop = Shop(store)
        self.products: list[ProductView] = []
        self.sent: list[tuple[Send, UUID]] = []

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.performed = Counter()

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
        """Run an action on an order.

        If `allowed_actions` contains the action, the action must succeed or raise one of the errors `allowed`.
        Otherwise the action must raise InvalidTransition or one of these errors.

        After the end of an order's hold, the action PAY must raise one of these errors or InvalidTransition.
        """
        before = self.current_order(order_id)
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
        self.performed[action] += 1
        return result

    def operate(
        self,
        payment: PaymentView,
        action: Action,
        send: Callable[[], Awaitable[IdempotentResult[PaymentView]]],
    ) -> None:
        """Capture or void a payment, and check that only an authorized payment permits this."""
        is_offered = action in self.current_order(payment.order_id).allowed_actions
        is_authorized = payment.status is PaymentStatus.AUTHORIZED
        try:
            result = self.run(send()).result
        except InvalidTransition:
            assert not (is_offered and is_authorized)
        except (PaymentInProgress, ValidationFailed):
            pass
        else:
            assert is_offered
            assert is_authorized
            self.sent.append((send, result.id))
            self.performed[action] += 1

    def send_payment(self, order: OrderView, token: str, *, is_manual: bool) -> PaymentView | None:
        undecided = {p.id for p in self.run(payments(self.shop, order)) if p.decided_at is None}
        command = self.shop.commands.pay_order(order, token, is_manual=is_manual)
        payment = self.attempt(order.id, Action.PAY, partial(self.shop.pay_order, command), PaymentInProgress)
        assert payment is None or not undecided
        self.performed["manual payment"] += payment is not None and is_manual
        return payment

    def send_capture(self, payment: PaymentView, amount: int | None) -> None:
        command = self.shop.commands.operate_payment(payment, IdempotentOperation.CAPTURE_PAYMENT)
        wanted = None if amount is None else Money(amount, payment.amount.currency)
        self.operate(payment, Action.CAPTURE, partial(self.shop.capture_payment, command, wanted))

    def send_void(self, payment: PaymentView) -> None:
        command = self.shop.commands.operate_payment(payment, IdempotentOperation.VOID_PAYMENT)
        self.operate(payment, Action.VOID, partial(self.shop.void_payment, command))

    def send_back(self, order: OrderView, *units: int) -> ReturnView | None:
        send = partial(self.shop.request_return, self.shop.commands.request_return(order, *units))
        return self.attempt(order.id, Action.REQUEST_RETURN, send, ValidationFailed)

    def decide_return(self, returned: ReturnView, action: ReturnAction, refund: int | None) -> None:
        attempts = {
            ReturnAction.APPROVE: partial(self.shop.approve, returned, refund),
            ReturnAction.REFUSE: partial(self.shop.refuse, returned),
            ReturnAction.RECEIVE: partial(self.shop.receive, returned, restock=refund != 0),
        }
        try:
            self.run(attempts[action]())
        except InvalidReturnTransition:
            assert action not in returned.allowed_actions
        except (RefundExceedsPaid, OrderDisputed):
            pass
        else:
            assert action in returned.allowed_actions
            self.performed[action] += 1

    def ship(self, order: OrderView, *units: int) -> None:
        send = partial(self.shop.fulfill_order, self.shop.commands.fulfill_order(order, *units))
        self.attempt(order.id, Action.FULFILL, send, ValidationFailed, OrderDisputed)

    def current_order(self, order_id: OrderId) -> OrderView:
        return self.run(self.shop.get_order(order_id, access=OrderAccess.all()))

    def draw_order(self, data: st.DataObject, action: Action) -> OrderView:
        """Draw an order. If some orders permit the action, three of four draws return one of these orders."""
        orders = self.run(every_order(self.shop))
        permitting = [order for order in orders if action in order.allowed_actions]
        return data.draw(st.sampled_from(_preferred(data, permitting, orders)))

    def draw_payment(self, data: st.DataObject, *, is_authorized: bool = False) -> PaymentView | None:
        """Draw a payment. With `is_authorized`, three of four draws return an authorized payment."""
        made = [each for order in self.run(every_order(self.shop)) for each in self._payments_of(order)]
        authorized = (
            [each for each in made if each.status is PaymentStatus.AUTHORIZED] if is_authorized else made
        )
        found = _preferred(data, authorized, made)
        return data.draw(st.sampled_from(found)) if found else None

    def draw_refund(self, data: st.DataObject) -> tuple[RefundView, PaymentView] | None:
        """Draw a refund. Return the refund and the refunded payment."""
        made = [
            (refund, payment)
            for order in self.run(every_order(self.shop))
            for payment in self._payments_of(order)
            for refund in self.run(refunds(self.shop, order))
            if refund.payment_id == payment.id
        ]
        return data.draw(st.sampled_from(made)) if made else None

    def draw_return(self, data: st.DataObject, action: ReturnAction) -> ReturnView | None:
        """Draw a return. If some returns permit the action, three of four draws return one of these returns."""
        made = [each for order in self.run(every_order(self.shop)) for each in self._returns_of(order)]
        found = _preferred(data, [each for each in made if action in each.allowed_actions], made)
        return data.draw(st.sampled_from(found)) if found else None

    def _payments_of(self, order: OrderView) -> Sequence[PaymentView]:
        return self.run(payments(self.shop, order))

    def _returns_of(self, order: OrderView) -> Sequence[ReturnView]:
        return self.run(self.shop.store.orders.returns(order.id, after=None, limit=100)).items


def _preferred(data: st.DataObject, preferred: list[T], every: list[T]) -> list[T]:
    is_preferred = data.draw(st.sampled_from([True, True, True, False]))
    return preferred if preferred and is_preferred else every
