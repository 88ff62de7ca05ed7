from collections.abc import Mapping
from dataclasses import dataclass

from application.payments.provider_ports import Outcome, ProviderAnswer, ProviderEvent, ProviderEventKind
from application.payments.provider_results import ProviderResults
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.actor import Actor

_OUTCOMES: Mapping[ProviderEventKind, Outcome] = {
    ProviderEventKind.CAPTURED: Outcome.SUCCEEDED,
    ProviderEventKind.AUTHORIZED: Outcome.AUTHORIZED,
    ProviderEventKind.REQUIRES_ACTION: Outcome.REQUIRES_ACTION,
    ProviderEventKind.VOIDED: Outcome.VOIDED,
    ProviderEventKind.FAILED: Outcome.DECLINED,
    ProviderEventKind.REFUNDED: Outcome.SUCCEEDED,
    ProviderEventKind.REFUND_FAILED: Outcome.DECLINED,
}
_OF_REFUNDS = frozenset({ProviderEventKind.REFUNDED, ProviderEventKind.REFUND_FAILED})


@dataclass(frozen=True, slots=True)
class RecordProviderEvent:
    """Record each event of a payment provider only once, even if it arrives late or repeatedly.

    Captures, voids, refunds and disputes that were started at the provider are also recorded. The payment is
    then found by the provider's id of the payment.

    If the shop does not have the payment or refund of an event, the event is ignored.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    results: ProviderResults

    async def __call__(self, event: ProviderEvent, *, actor: Actor) -> None:
        """Record the event. Raises Overloaded, DatabaseUnavailable.

        If an error is raised, nothing was recorded, and the provider has to send the event again.
        """
        async with self.unit_of_work() as work:
            if not await work.provider_events.record_once(event, now=self.clock.now()):
                return
            if await self._record(work, event, actor):
                await work.commit()

    async def _record(self, work: UnitOfWork, event: ProviderEvent, actor: Actor) -> bool:
        """Record the event. Return whether the event belongs to a payment or refund of the shop."""
        refund = await _refund(work, event) if event.kind in _OF_REFUNDS else None
        if refund is not None:
            answer = _answer(event)
            await self.results.record_refund(work, refund.order_id, refund.id, answer, actor=actor)
            return True
        payment = await _payment(work, event)
        if payment is None or event.kind is ProviderEventKind.REFUND_FAILED:
            return False
        if event.kind is ProviderEventKind.REFUNDED:
            await self.results.record_provider_refund(
                work, payment.order_id, payment.id, event.amount, event.reference, actor=actor
            )
        elif event.kind in _OUTCOMES:
            answer = _answer(event)
            await self.results.record_payment(work, payment.order_id, payment.id, answer, actor=actor)
        else:
            await self.results.record_dispute(
                work, payment.order_id, payment.id, event.kind, event.amount, actor=actor
            )
        return True


def _answer(event: ProviderEvent) -> ProviderAnswer:
    return ProviderAnswer(
        outcome=_OUTCOMES[event.kind],
        reference=event.reference,
        amount=event.amount,
        failure=event.failure,
        authorized_until=event.authorized_until,
    )


async def _payment(work: UnitOfWork, event: ProviderEvent) -> Payment | None:
    if event.payment_id is not None:
        payment = await work.payments.find(event.payment_id)
        return payment if payment and payment.method is event.provider else None
    reference = event.payment_reference if event.kind in _OF_REFUNDS else event.reference
    if reference is not None:
        return await work.payments.find_by_reference(event.provider, reference)
    return None


async def _refund(work: UnitOfWork, event: ProviderEvent) -> Refund | None:
    if event.refund_id is not None:
        refund = await work.refunds.find(event.refund_id)
        return refund if refund and refund.method is event.provider else None
    if event.reference is not None:
        return await work.refunds.find_by_reference(event.provider, event.reference)
    return None
