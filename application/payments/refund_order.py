from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.payments.provider_ports import PaymentGateways, ProviderUnavailable, RefundRequest
from application.payments.provider_requests import refund_request
from application.payments.provider_results import ProviderResults
from application.payments.views import RefundView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import find_replay, store_result
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.catalog.stock import Stock
from domain.orders.refunding import request_refund
from domain.payments.payment import PaymentMethod
from domain.payments.refund import RefundChannel, RefundedLine
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, ProductId, RefundId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrderCommand:
    """The command to refund a part of an order.

    `amount_or_lines` is an amount, or units of some lines. Units are refunded at their price.
    """

    order_id: OrderId
    amount_or_lines: Money | Sequence[RefundedLine]
    reason: str
    channel: RefundChannel = RefundChannel.ORIGINAL
    dispute_override: str | None = None
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class ScheduledRefund:
    """A committed refund, and the request to send to the provider."""

    result: IdempotentResult[RefundView]
    method: PaymentMethod
    request: RefundRequest


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Refund an amount, or the price of some units.

    A refund never exceeds the paid amount. Only units that are left to ship can be refunded, and the refund
    cancels these units. A refund of an amount changes no units.

    The refund is committed before the provider is called. If no answer arrives, the worker calls the provider
    again with the same refund id. The provider therefore never pays the refund twice.

    If `channel` is `external`, staff record money that was refunded by other means. The provider is not called.

    A retry with the same key never creates a second refund. The retry returns the refund in its current state.
    """

    unit_of_work: UnitOfWorkFactory
    gateways: PaymentGateways
    clock: Clock
    ids: IdFactory
    results: ProviderResults

    async def __call__(self, command: RefundOrderCommand) -> IdempotentResult[RefundView]:
        """Return the refund in its current state.

        Raises NotFound, InvalidTransition, OrderDisputed, RefundExceedsPaid, ValidationFailed,
        IdempotencyKeyReused, IdempotencyInFlight.
        """
        scheduled = await self._schedule_refund(command)
        if isinstance(scheduled, IdempotentResult):
            return scheduled
        gateway = self.gateways.get(scheduled.method)
        if gateway is None:
            return scheduled.result
        try:
            answer = await gateway.refund(scheduled.request)
        except ProviderUnavailable:
            return scheduled.result
        async with self.unit_of_work() as work:
            refund = await self.results.record_refund(
                work, command.order_id, scheduled.request.id, answer, actor=command.actor
            )
            await work.commit()
        return IdempotentResult(RefundView.of(refund))

    async def _schedule_refund(
        self, command: RefundOrderCommand
    ) -> ScheduledRefund | IdempotentResult[RefundView]:
        """Create and commit the refund, or return the refund of an earlier request with this key."""
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, RefundView, current=partial(_current, work)):
                return replay
            order = await get_order_for_update(work, command.order_id, access=OrderAccess.all())
            payments = await work.payments.of_order(order.id)
            stocks: Mapping[ProductId, Stock] = {}
            if not isinstance(command.amount_or_lines, Money):
                stocks = await work.stocks.lock(order.product_ids)
            refund = request_refund(
                order,
                payments,
                command.amount_or_lines,
                stocks,
                command.reason,
                channel=command.channel,
                dispute_override=command.dispute_override,
                id=RefundId(self.ids.new()),
                now=self.clock.now(),
                actor=command.actor,
            )
            [payment] = [payment for payment in payments if payment.id == refund.payment_id]
            await work.orders.save([order])
            await work.payments.save([payment])
            await work.refunds.add([refund])
            await work.stocks.save(stocks.values())
            result = await store_result(work, command.key, RefundView.of(refund))
        if refund.decided_at is not None:
            return result
        return ScheduledRefund(result, refund.method, refund_request(refund, payment))


async def _current(work: UnitOfWork, stored: RefundView) -> RefundView:
    """Return the refund in its current state.

    The provider may have decided about the refund after the result was stored.
    """
    refund = await work.refunds.find(stored.id)
    return RefundView.of(refund) if refund else stored
