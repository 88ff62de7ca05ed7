from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.expire_orders import expire_due
from application.orders.locking import get_order_for_update
from application.payments.ports import PaymentGateways, PaymentRequest, ProviderUnavailable
from application.payments.provider_results import record_payment
from application.payments.views import PaymentView
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult, replay_of, store_result
from application.shared.ids import IdFactory
from application.unit_of_work import UnitOfWorkFactory
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
            if replay := await replay_of(work.idempotency, command.key, PaymentView):
                present = await work.payments.find(replay.result.id)
                await work.commit()
                return IdempotentResult(PaymentView.of(present), replayed=True) if present else replay
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
            receipt = await store_result(work.idempotency, command.key, PaymentView.of(payment))
            await work.commit()
        return receipt
