from collections.abc import Sequence
from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.orders.views import FulfillmentView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.fulfilling import fulfill
from domain.orders.fulfillment import FulfilledLine
from domain.orders.paying import request_captures
from domain.shared.actor import Actor
from domain.shared.ids import FulfillmentId, OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillOrderCommand:
    order_id: OrderId
    lines: Sequence[FulfilledLine]
    carrier: str | None
    tracking: str | None
    dispute_override: str | None = None
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class FulfillOrder:
    """Fulfill units of an order's lines in one parcel.

    An order can have several parcels. The on-hand and reserved quantities are reduced.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    captures: bool = False
    """Whether the first shipment captures the payment (`STEELYARD_CAPTURE_ON=fulfillment`)."""

    async def __call__(self, command: FulfillOrderCommand) -> IdempotentResult[FulfillmentView]:
        """Return the fulfillment.

        Raises NotFound, InvalidTransition, OrderDisputed, ValidationFailed, IdempotencyKeyReused,
        IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, FulfillmentView, lambda: self._fulfill(work, command))

    async def _fulfill(self, work: UnitOfWork, command: FulfillOrderCommand) -> FulfillmentView:
        order = await get_order_for_update(work, command.order_id, access=OrderAccess.all())
        stocks = await work.stocks.lock(order.product_ids)
        fulfillment = fulfill(
            order,
            command.lines,
            stocks,
            id=FulfillmentId(self.ids.new()),
            carrier=command.carrier,
            tracking=command.tracking,
            dispute_override=command.dispute_override,
            now=self.clock.now(),
            actor=command.actor,
        )
        if self.captures:
            payments = await work.payments.of_order(order.id)
            request_captures(order, payments, now=self.clock.now())
            await work.payments.save(payments)
        await work.fulfillments.add(fulfillment)
        await work.orders.save([order])
        await work.stocks.save(stocks.values())
        return FulfillmentView.of(fulfillment)
