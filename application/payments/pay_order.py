from dataclasses import dataclass
from functools import partial

from application.orders.access import OrderAccess
from application.orders.expire_orders import expire_due
from application.orders.locking import get_order_for_update
from application.payments.ports import PaymentGateways, PaymentRequest, ProviderUnavailable
from application.payments.provider_results import record_payment
from application.payments.views import PaymentView
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ids import IdFactory
from application.shared.run_once import find_replay, store_result
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.lifecycle import OrderStatus
from domain.orders.paying import request_payment
from domain.payments.method import PaymentMethod
from domain.shared.actor import Actor
from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import OrderId, PaymentId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOrderCommand:
    """`token` identifies the customer's card at the provider."""

    order_id: OrderId
    amount: Money
    method: PaymentMethod
    token: str | None
    access: OrderAccess
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class PayOrder:
    """Pay an order's total through a payment provider.

    The payment is committed as pending before the provider is called, and the provider's answer is recorded after
    that. If the answer is lost, the payment stays pending until the provider reports its result or is asked for it.
    An order has at most one undecided payment: while one is pending, another request is refused with
    `payment_in_progress`. After a failure the order may be paid again.
    The same key never makes a second payment; a replay returns the payment in its present state.
    """

    unit_of_work: UnitOfWorkFactory
    gateways: PaymentGateways
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: PayOrderCommand) -> IdempotentResult[PaymentView]:
        """Raise NotFound, InvalidTransition, PaymentInProgress or ValidationFailed.

        Also IdempotencyKeyReused and IdempotencyInFlight.
        """
        gateway = self.gateways.get(command.method)
        if gateway is None:
            raise ValidationFailed(
                "This payment method is not offered.",
                violations=[Violation(("method",), "not_offered", "This shop does not offer the method.")],
            )
        receipt = await self._request(command)
        if receipt.replayed:
            return receipt
        payment = receipt.result
        request = PaymentRequest(
            id=payment.id,
            order_id=payment.order_id,
            amount=payment.amount,
            requested_at=payment.requested_at,
        )
        try:
            answer = await gateway.capture(request, command.token)
        except ProviderUnavailable:
            return receipt
        async with self.unit_of_work() as work:
            recorded = await record_payment(
                work,
                command.order_id,
                payment.id,
                answer,
                clock=self.clock,
                ids=self.ids,
                actor=command.actor,
            )
            await work.commit()
        return IdempotentResult(PaymentView.of(recorded))

    async def _request(self, command: PayOrderCommand) -> IdempotentResult[PaymentView]:
        """Begin a payment and commit that, or replay one."""
        async with self.unit_of_work() as work:
            if replay := await find_replay(work, command.key, PaymentView, current=partial(_current, work)):
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
                party=command.access.party,
                now=now,
            )
            await work.payments.add([payment])
            return await store_result(work, command.key, PaymentView.of(payment))


async def _current(work: UnitOfWork, stored: PaymentView) -> PaymentView:
    """Return the payment as it is now: its provider may have decided since the result was stored."""
    payment = await work.payments.find(stored.id)
    return PaymentView.of(payment) if payment else stored
