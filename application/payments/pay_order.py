from dataclasses import dataclass, replace
from functools import partial

from application.orders.access import OrderAccess
from application.orders.expire_orders import expire_due
from application.orders.locking import get_order_for_update
from application.payments.next_actions import with_next_action
from application.payments.provider_ports import PaymentGateways, PaymentRequest, ProviderUnavailable
from application.payments.provider_results import ProviderResults
from application.payments.views import PaymentView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import find_replay, store_result
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.lifecycle import OrderStatus, Party
from domain.orders.paying import request_payment
from domain.payments.payment import CaptureMethod, PaymentMethod, PaymentStatus
from domain.shared.actor import Actor
from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import OrderId, PaymentId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOrderCommand:
    """The command to pay an order. `token` identifies the customer's card at the provider.

    If `capture_method` is None, the shop's default applies.
    """

    order_id: OrderId
    amount: Money
    method: PaymentMethod
    token: str | None
    capture_method: CaptureMethod | None = None
    access: OrderAccess
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class PayOrder:
    """Pay an order's total through a payment provider.

    First, the payment is stored with the status `pending`. Then the provider is called, and the provider's
    answer is recorded. If no answer arrives, the payment stays pending. Later, the provider reports the result,
    or the shop queries the result.

    While a payment is pending, requires action or is authorized, another payment request is rejected with
    `payment_in_progress`. After a failure or a void, the order can be paid again.

    If `capture_method` is `manual`, the amount is only authorized. The order is then confirmed, and staff
    capture the amount later.

    If the customer's bank asks for authentication, the status is `requires_action`. `next_action` then
    describes the customer's next step.

    A retry with the same key never makes a second payment. The retry returns the payment in its current state.
    """

    unit_of_work: UnitOfWorkFactory
    gateways: PaymentGateways
    clock: Clock
    ids: IdFactory
    results: ProviderResults
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    """The default for commands that do not contain a capture method."""

    async def __call__(self, command: PayOrderCommand) -> IdempotentResult[PaymentView]:
        """Return the payment in its current state.

        Raises NotFound, InvalidTransition, PaymentInProgress, ValidationFailed, IdempotencyKeyReused,
        IdempotencyInFlight.
        """
        gateway = self.gateways.get(command.method)
        if gateway is None:
            raise ValidationFailed(
                "This payment method is not offered.",
                violations=[Violation(("method",), "not_offered", "This shop does not offer the method.")],
            )
        requested = await self._request(command)
        if requested.replayed:
            view = await with_next_action(self.gateways, requested.result, command.access)
            return replace(requested, result=view)
        payment = requested.result
        request = PaymentRequest(
            id=payment.id,
            order_id=payment.order_id,
            amount=payment.amount,
            requested_at=payment.requested_at,
            capture_method=payment.capture_method,
        )
        try:
            answer = await gateway.pay(request, command.token)
        except ProviderUnavailable:
            return requested
        async with self.unit_of_work() as work:
            recorded = await self.results.record_payment(
                work, command.order_id, payment.id, answer, actor=command.actor
            )
            await work.commit()
        view = PaymentView.of(recorded)
        if view.status is PaymentStatus.REQUIRES_ACTION and command.access.party is Party.OWNER:
            view = replace(view, next_action=answer.next_action)
        return IdempotentResult(view)

    async def _request(self, command: PayOrderCommand) -> IdempotentResult[PaymentView]:
        """Create and commit a payment, or return the payment of an earlier request with this key."""
        async with self.unit_of_work() as work:
            if replay := await find_replay(
                work, command.key, PaymentView, current=partial(current_payment, work)
            ):
                return replay
            order = await get_order_for_update(work, command.order_id, access=command.access)
            payments = await work.payments.of_order(order.id)
            now = self.clock.now()
            if order.status is OrderStatus.PENDING_PAYMENT and order.is_due(now):
                await expire_due(work, [order], now=now, actor=Actor(None, command.actor.request_id))
                await work.commit()
            payment = request_payment(
                order,
                payments,
                command.amount,
                command.method,
                id=PaymentId(self.ids.new()),
                capture_method=command.capture_method or self.capture_method,
                party=command.access.party,
                now=now,
            )
            await work.payments.add([payment])
            return await store_result(work, command.key, PaymentView.of(payment))


async def current_payment(work: UnitOfWork, stored: PaymentView) -> PaymentView:
    """Return the payment in its current state.

    The provider may have decided about the payment after the result was stored.
    """
    payment = await work.payments.find(stored.id)
    return PaymentView.of(payment) if payment else stored
