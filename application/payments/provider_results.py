"""Record the answers and events of payment providers.

The caller commits. A repeated answer changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.payments.provider_ports import Outcome, ProviderAnswer, ProviderEventKind
from application.shared.ports import Clock, IdFactory
from application.unit_of_work import UnitOfWork
from domain.orders import authorizing, paying, refunding
from domain.orders.order import Order
from domain.payments.payment import Charge, Payment, PaymentOperation, PaymentStatus
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, PaymentId, RefundId
from domain.shared.money import Money

NEVER_ARRIVED = "never_arrived"
"""The failure code of a payment that its provider has never received."""
MADE_AT_PROVIDER = "The refund was made at the provider."
LOST_DISPUTE = "The dispute was lost."
ACTION_TIMED_OUT = "authentication_timed_out"
"""The failure code of a payment that the customer did not authenticate in time."""


@dataclass(frozen=True, slots=True)
class ProviderResults:
    """Apply a provider's answers to payments and refunds.

    `hold` is the duration for which an unpaid order keeps its stock reserved.
    """

    clock: Clock
    ids: IdFactory
    hold: timedelta

    async def record_payment(
        self,
        work: UnitOfWork,
        order_id: OrderId,
        payment_id: PaymentId,
        answer: ProviderAnswer,
        *,
        asked: PaymentOperation | None = None,
        actor: Actor,
    ) -> Payment:
        """Record the provider's answer about a payment of the order, and return the payment.

        `asked` is the requested operation that the provider has answered.
        """
        order = await get_order_for_update(work, order_id, access=OrderAccess.all())
        payments = {payment.id: payment for payment in await work.payments.of_order(order_id)}
        payment = payments.pop(payment_id)
        others = list(payments.values())
        if answer.outcome is Outcome.SUCCEEDED:
            charge = Charge(answer.amount or payment.amount, answer.reference)
            await self._capture(work, order, payment, others, charge, actor=actor)
        elif self._apply(order, payment, others, answer, asked, actor):
            await work.payments.save([payment])
            await work.orders.save([order])
        return payment

    async def record_refund(
        self,
        work: UnitOfWork,
        order_id: OrderId,
        refund_id: RefundId,
        answer: ProviderAnswer,
        *,
        actor: Actor,
    ) -> Refund:
        """Record the provider's answer about a refund of the order, and return the refund."""
        order = await get_order_for_update(work, order_id, access=OrderAccess.all())
        refunds = {refund.id: refund for refund in await work.refunds.of_order(order_id)}
        refund = refunds.pop(refund_id)
        now = self.clock.now()
        if answer.reference is not None and refund.reference is None and refund.decided_at is None:
            refund.reference = answer.reference
            await work.refunds.save([refund])
        if answer.outcome is Outcome.SUCCEEDED:
            if refunding.settle(order, refund, now=now, actor=actor):
                await work.refunds.save([refund])
                await work.orders.save([order])
            elif answer.amount is not None and answer.reference not in {None, refund.reference}:
                # This refund was recorded as successful because a refund was made at the provider. Now the
                # provider has also carried out this refund, so the shop records a second refund.
                [payment] = [p for p in await work.payments.of_order(order_id) if p.id == refund.payment_id]
                await self._record_provider_refund(
                    work, order, payment, answer.amount, answer.reference, MADE_AT_PROVIDER, actor
                )
                await work.orders.save([order])
        elif answer.outcome is Outcome.DECLINED:
            payments = {payment.id: payment for payment in await work.payments.of_order(order_id)}
            payment, others = payments[refund.payment_id], list(refunds.values())
            failed = refunding.fail(
                order, refund, others, payment, answer.failure, new_id=self.ids.new, now=now, actor=actor
            )
            if failed is not None:
                await work.refunds.save([refund])
                await work.refunds.add([failed.retry] if failed.retry else [])
                await work.payments.save([payment])
                await work.orders.save([order])
        return refund

    async def record_provider_refund(
        self,
        work: UnitOfWork,
        order_id: OrderId,
        payment_id: PaymentId,
        amount: Money,
        reference: str | None,
        *,
        actor: Actor,
    ) -> None:
        """Record a refund that was made at the provider."""
        order = await get_order_for_update(work, order_id, access=OrderAccess.all())
        [payment] = [each for each in await work.payments.of_order(order_id) if each.id == payment_id]
        await self._record_provider_refund(work, order, payment, amount, reference, MADE_AT_PROVIDER, actor)
        await work.orders.save([order])

    async def record_dispute(
        self,
        work: UnitOfWork,
        order_id: OrderId,
        payment_id: PaymentId,
        kind: ProviderEventKind,
        amount: Money,
        *,
        actor: Actor,
    ) -> None:
        """Record that a payment is disputed, or how the dispute was decided.

        A lost dispute is recorded as a refund.
        """
        order = await get_order_for_update(work, order_id, access=OrderAccess.all())
        [payment] = [each for each in await work.payments.of_order(order_id) if each.id == payment_id]
        now = self.clock.now()
        if kind is ProviderEventKind.DISPUTE_OPENED:
            is_first = refunding.open_dispute(order, payment, now=now, actor=actor)
        else:
            is_won = kind is ProviderEventKind.DISPUTE_WON
            is_first = refunding.close_dispute(order, payment, is_won=is_won, now=now, actor=actor)
            if is_first and not is_won:
                await self._record_provider_refund(work, order, payment, amount, None, LOST_DISPUTE, actor)
        if is_first:
            await work.payments.save([payment])
            await work.orders.save([order])

    async def _record_provider_refund(
        self,
        work: UnitOfWork,
        order: Order,
        payment: Payment,
        amount: Money,
        reference: str | None,
        reason: str,
        actor: Actor,
    ) -> None:
        """Record a refund that was made at the provider.

        The caller must lock the order before this call, and save the order after this call.
        """
        recorded = refunding.record_provider_refund(
            order,
            payment,
            await work.refunds.of_order(order.id),
            amount,
            reference,
            reason,
            new_id=self.ids.new,
            now=self.clock.now(),
            actor=actor,
        )
        await work.payments.save([payment])
        await work.refunds.save(recorded.changed)
        await work.refunds.add([recorded.added] if recorded.added else [])

    def _apply(
        self,
        order: Order,
        payment: Payment,
        others: Sequence[Payment],
        answer: ProviderAnswer,
        asked: PaymentOperation | None,
        actor: Actor,
    ) -> bool:
        """Apply an answer that does not report a capture. Return whether the payment has changed."""
        now = self.clock.now()
        hold_until = now + self.hold
        is_known = False
        match answer.outcome:
            case Outcome.AUTHORIZED if payment.status is PaymentStatus.AUTHORIZED:
                if asked is not None and payment.requested is asked and answer.failure is not None:
                    payment.reject_operation(answer.failure, now=now)
                else:
                    until = answer.authorized_until
                    is_known = not authorizing.renew(order, payment, until, now=now, actor=actor)
            case Outcome.AUTHORIZED:
                until = answer.authorized_until
                is_known = not authorizing.authorize(
                    order, payment, others, answer.reference, until=until, now=now, actor=actor
                )
            case Outcome.REQUIRES_ACTION:
                is_known = not paying.require_action(
                    order, payment, answer.reference, hold_until=hold_until, now=now, actor=actor
                )
            case Outcome.VOIDED:
                failure = answer.failure
                if payment.status is PaymentStatus.REQUIRES_ACTION and now >= (payment.action_until or now):
                    failure = failure or ACTION_TIMED_OUT
                is_known = not paying.void(
                    order, payment, failure, hold_until=hold_until, now=now, actor=actor
                )
            case Outcome.DECLINED | Outcome.UNKNOWN:
                failure = NEVER_ARRIVED if answer.outcome is Outcome.UNKNOWN else answer.failure
                if payment.status is PaymentStatus.AUTHORIZED:
                    # The provider has ended the authorization, so the payment can no longer be captured.
                    paying.void(order, payment, failure, hold_until=hold_until, now=now, actor=actor)
                elif payment.status is PaymentStatus.FAILED and payment.requested is not None:
                    payment.reject_operation(failure, now=now)
                else:
                    is_known = not paying.fail(order, payment, failure, now=now, actor=actor)
            case _:
                is_known = answer.reference in {None, payment.reference}
                payment.reference = answer.reference or payment.reference
        return not is_known

    async def _capture(
        self,
        work: UnitOfWork,
        order: Order,
        payment: Payment,
        others: Sequence[Payment],
        charge: Charge,
        *,
        actor: Actor,
    ) -> None:
        stocks = await work.stocks.lock(order.product_ids) if paying.may_need_stock(order) else {}
        captured = paying.capture(
            order, payment, others, charge, stocks, new_id=self.ids.new, now=self.clock.now(), actor=actor
        )
        if captured is None:
            return
        if captured.payment is payment:
            await work.payments.save([payment])
        else:
            await work.payments.add([captured.payment])
        if captured.refund is not None:
            await work.refunds.add([captured.refund])
        await work.orders.save([order])
        await work.stocks.save(stocks.values())
