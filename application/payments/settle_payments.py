import asyncio
from dataclasses import dataclass

from application.payments.ports import PaymentGateway, PaymentGateways, ProviderAnswer, ProviderUnavailable
from application.payments.provider_requests import payment_request, refund_request
from application.payments.provider_results import record_payment, record_refund
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.unit_of_work import UnitOfWorkFactory
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class SettlePayments:
    """Ask providers about payments whose answer was lost, and send them the refunds that are promised.

    A payment is only ever asked for: one that its provider has never heard of has failed. A refund is sent as often
    as it takes, because its id keeps the provider from giving anything twice. One that was refused and that the shop owes
    is promised anew, and sent after an hour, two, four, up to a week. Any number of workers may do this at
    once: who takes a payment or a refund in hand moves its next inquiry on, and commits that before he asks.
    """

    unit_of_work: UnitOfWorkFactory
    gateways: PaymentGateways
    clock: Clock
    ids: IdFactory

    async def __call__(self, *, limit: int, actor: Actor) -> int:
        """Return how many payments and refunds were taken in hand: where it is `limit`, there may be more.

        What fails is raised when all others are done; it comes up again with its next inquiry.
        """
        payments, refunds = await self._take(limit)
        outcomes = await asyncio.gather(
            *(self._ask_about(payment, actor) for payment in payments),
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
                payment.inquire(now=now)
            for refund in refunds:
                refund.inquire(now=now)
            await work.payments.save(payments)
            await work.refunds.save(refunds)
            refunded = [(refund, await work.payments.find(refund.payment_id)) for refund in refunds]
            await work.commit()
        return list(payments), [(refund, payment) for refund, payment in refunded if payment]

    async def _ask_about(self, payment: Payment, actor: Actor) -> None:
        gateway = self.gateways.get(payment.method)
        if gateway is None:
            return
        try:
            answer = await gateway.find_payment(payment_request(payment))
        except ProviderUnavailable:
            return
        async with self.unit_of_work() as work:
            await record_payment(
                work, payment.order_id, payment.id, answer, clock=self.clock, ids=self.ids, actor=actor
            )
            await work.commit()

    async def _send(self, refund: Refund, payment: Payment, actor: Actor) -> None:
        gateway = self.gateways.get(refund.method)
        if gateway is None:
            return
        try:
            answer = await _refunded(gateway, refund, payment)
        except ProviderUnavailable:
            return
        async with self.unit_of_work() as work:
            await record_refund(
                work, refund.order_id, refund.id, answer, clock=self.clock, ids=self.ids, actor=actor
            )
            await work.commit()


async def _refunded(gateway: PaymentGateway, refund: Refund, payment: Payment) -> ProviderAnswer:
    """Ask for the refund if the provider has answered before, and send it if not."""
    request = refund_request(refund, payment)
    return await (gateway.refund(request) if refund.reference is None else gateway.find_refund(request))
