from dataclasses import dataclass

from application.orders.views import OrderView
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, Receipt, receipt_for, replay_of
from application.unit_of_work import UnitOfWorkFactory
from domain.orders.cancelling import cancel
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrderCommand:
    """`only_of` is the customer whose orders the asker may cancel, or None for staff."""

    order_id: OrderId
    reason: str | None
    only_of: UserId | None
    key: IdempotencyKey
    by: Actor


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Call an order off before anything of it was shipped, and give back the stock that it held."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: CancelOrderCommand) -> Receipt[OrderView]:
        """Raise NotFound, InvalidTransition, IdempotencyKeyReused, IdempotencyInFlight."""
        async with self.unit_of_work() as work:
            if replay := await replay_of(work.idempotency, command.key, OrderView):
                await work.commit()
                return replay
            order = await work.orders.get(command.order_id)
            if order is None or command.only_of not in {None, order.customer_id}:
                raise NotFound("There is no such order.")
            stocks = await work.stocks.lock({line.product_id for line in order.lines})
            cancel(order, stocks, command.reason, now=self.clock.now(), by=command.by)
            await work.orders.save(order)
            await work.stocks.save(stocks.values())
            receipt = await receipt_for(work.idempotency, command.key, OrderView.of(order))
            await work.commit()
        return receipt
