"""Capture and void payments. Each request is committed before the provider is called."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.payments.pay_order import current_payment
from application.payments.provider_ports import PaymentGateways, ProviderUnavailable
from application.payments.provider_results import ProviderResults
from application.payments.settle_payments import ask
from application.payments.views import PaymentView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import find_replay, store_result
from application.unit_of_work import UnitOfWorkFactory
from domain.orders.order import Order
from domain.payments.payment import Payment
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, PaymentId

Request = Callable[[Order, Payment, datetime], None]
"""A function that requests an operation on a payment. The payment's order must be locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCommand:
    order_id: OrderId
    payment_id: PaymentId
    access: OrderAccess
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class PaymentOperations:
    """Carry out an operation on a payment only once per idempotency key.

    The requested operation is committed before the provider is called. If no answer arrives, a worker repeats
    the call. Every call has the same idempotency key, so that the provider carries out the operation only once.
    """

    unit_of_work: UnitOfWorkFactory
    gateways: PaymentGateways
    clock: Clock
    results: ProviderResults

    async def carry_out(self, command: PaymentCommand, request: Request) -> IdempotentResult[PaymentView]:
        """Return the payment in its current state.

        Raises NotFound, IdempotencyKeyReused, IdempotencyInFlight, and the errors of `request`.
        """
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(
                work, command.key, PaymentView, current=partial(current_payment, work)
            ):
                return replay
            order = await get_order_for_update(work, command.order_id, access=command.access)
            payments = {payment.id: payment for payment in await work.payments.of_order(order.id)}
            payment = payments.get(command.payment_id)
            if payment is None:
                raise NotFound("The order has no such payment.")
            request(order, payment, self.clock.now())
            await work.payments.save([payment])
            result = await store_result(work, command.key, PaymentView.of(payment))
        gateway = self.gateways.get(payment.method)
        if gateway is None:
            return result
        try:
            answer = await ask(gateway, payment)
        except ProviderUnavailable:
            return result
        async with self.unit_of_work(command.actor) as work:
            recorded = await self.results.record_payment(
                work, command.order_id, payment.id, answer, asked=payment.requested, actor=command.actor
            )
            await work.commit()
        return IdempotentResult(PaymentView.of(recorded))
