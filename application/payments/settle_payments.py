import asyncio
from dataclasses import dataclass
from datetime import datetime

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.payments.provider_ports import (
    PaymentGateway,
    PaymentGateways,
    ProviderAnswer,
    ProviderNotConfigured,
    ProviderUnavailable,
)
from application.payments.provider_requests import payment_request, refund_request
from application.payments.provider_results import ProviderResults
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.orders.authorizing import may_be_renewed, watch_authorization
from domain.payments.payment import Payment, PaymentMethod, PaymentOperation, PaymentStatus
from domain.payments.refund import Refund
from domain.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class SettlePayments:
    """Query providers for payment results, and send captures, voids and refunds to providers.

    A request to pay is not sent a second time. Only the payment's state is queried. If the provider has never
    received the payment, the payment is recorded as failed.

    Captures, voids and refunds are sent repeatedly until the provider answers. Each request has an id, so that
    the provider carries out the request only once.

    If the provider rejects a refund and the shop owes the money, the shop sends another refund after a pause.
    The pause doubles with each rejection, from an hour up to a week.

    If the customer does not authenticate a payment in time, the payment is voided.

    A day before an authorization ends, its end is announced. An hour before the end, the shop asks the provider
    to renew the authorization if the payment is less than 30 days old. If the authorization is not renewed and
    no unit was shipped, the authorization is voided.

    Any number of workers can run at the same time. Before a worker calls the provider for a payment or refund,
    the worker commits the time of the next inquiry. Until that time, no other worker calls the provider for
    this payment or refund.
    """

    unit_of_work: UnitOfWorkFactory
    gateways: PaymentGateways
    clock: Clock
    results: ProviderResults

    async def __call__(self, *, limit: int, actor: Actor) -> int:
        """Settle due payments and refunds, and return their number.

        If the number equals `limit`, more payments or refunds may be due.

        If an error occurs for one payment or refund, all others are still settled. After that, the error is
        raised. The payment or refund with the error is tried again at its next inquiry.

        Raises ProviderNotConfigured if the provider of a payment is not configured. The payment is settled
        after its provider is configured again.
        """
        payments, refunds = await self._take(limit)
        outcomes = await asyncio.gather(
            *(self._settle(payment, actor) for payment in payments),
            *(self._send(refund, payment, actor) for refund, payment in refunds),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return len(outcomes)

    async def _take(self, limit: int) -> tuple[list[Payment], list[tuple[Refund, Payment]]]:
        async with self.unit_of_work() as work:
            now = self.clock.now()
            payments = await work.payments.due_inquiries(now, limit=limit)
            refunds = await work.refunds.due_inquiries(now, limit=limit - len(payments))
            for payment in payments:
                if payment.status is PaymentStatus.REQUIRES_ACTION and now >= (payment.action_until or now):
                    payment.request_operation(PaymentOperation.VOID, at=now)
                payment.inquire(now=now)
            for refund in refunds:
                refund.inquire(now=now)
            await work.payments.save(payments)
            await work.refunds.save(refunds)
            refunded = [(refund, await work.payments.find(refund.payment_id)) for refund in refunds]
            await work.commit()
        return list(payments), [(refund, payment) for refund, payment in refunded if payment]

    async def _settle(self, payment: Payment, actor: Actor) -> None:
        try:
            if payment.is_watched and payment.authorized_until is not None:
                await self._watch(payment, payment.authorized_until, actor)
            else:
                await self._ask(payment, actor)
        except ProviderUnavailable:
            return

    async def _watch(self, payment: Payment, end: datetime, actor: Actor) -> None:
        """Perform the next step for an authorized payment. The authorization ends at `end`.

        A day before `end`, the end is announced. An hour before `end`, the authorization is renewed or voided.
        After `end`, the service queries the payment's state at the provider.
        """
        now = self.clock.now()
        if payment.is_ending_announced and now >= end:
            await self._ask(payment, actor)
        elif not payment.is_ending_announced or not await self._renew(payment, end, actor):
            payment = await self._change(payment, actor)
            if payment.requested is not None:
                await self._ask(payment, actor)

    async def _renew(self, payment: Payment, end: datetime, actor: Actor) -> bool:
        """Ask the provider to renew the authorization. Return False if the end is still `end`."""
        if not may_be_renewed(payment, now=self.clock.now()):
            return False
        answer = await self._gateway(payment.method).renew(payment_request(payment))
        payment = await self._record(payment, answer, actor)
        return not payment.is_watched or payment.authorized_until != end

    async def _change(self, payment: Payment, actor: Actor) -> Payment:
        """Announce the end of the authorization, or request its void. Return the changed payment."""
        async with self.unit_of_work() as work:
            order = await get_order_for_update(work, payment.order_id, access=OrderAccess.all())
            [payment] = [each for each in await work.payments.of_order(order.id) if each.id == payment.id]
            watch_authorization(order, payment, now=self.clock.now(), actor=actor)
            await work.payments.save([payment])
            await work.orders.save([order])
            await work.commit()
        return payment

    async def _ask(self, payment: Payment, actor: Actor) -> None:
        answer = await ask(self._gateway(payment.method), payment)
        await self._record(payment, answer, actor)

    async def _record(self, payment: Payment, answer: ProviderAnswer, actor: Actor) -> Payment:
        async with self.unit_of_work() as work:
            recorded = await self.results.record_payment(
                work, payment.order_id, payment.id, answer, asked=payment.requested, actor=actor
            )
            await work.commit()
        return recorded

    def _gateway(self, method: PaymentMethod) -> PaymentGateway:
        gateway = self.gateways.get(method)
        if gateway is None:
            raise ProviderNotConfigured(method)
        return gateway

    async def _send(self, refund: Refund, payment: Payment, actor: Actor) -> None:
        gateway = self._gateway(refund.method)
        try:
            answer = await _refunded(gateway, refund, payment)
        except ProviderUnavailable:
            return
        async with self.unit_of_work() as work:
            await self.results.record_refund(work, refund.order_id, refund.id, answer, actor=actor)
            await work.commit()


async def ask(gateway: PaymentGateway, payment: Payment) -> ProviderAnswer:
    """Send the requested operation of a payment to the provider, or query the payment's state.

    Raises ProviderUnavailable.
    """
    request = payment_request(payment)
    match payment.requested:
        case PaymentOperation.CAPTURE:
            return await gateway.capture(request, payment.requested_amount or payment.amount)
        case PaymentOperation.VOID:
            return await gateway.void(request)
        case None:
            return await gateway.find_payment(request)


async def _refunded(gateway: PaymentGateway, refund: Refund, payment: Payment) -> ProviderAnswer:
    """Send the refund to the provider, or query its state.

    If the provider has already reported its own id of the refund, the state is queried. Otherwise the refund is
    sent.
    """
    request = refund_request(refund, payment)
    return await (gateway.refund(request) if refund.reference is None else gateway.find_refund(request))
