from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.orders.views import OrderView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.canceling import cancel, cancel_lines
from domain.orders.lifecycle import Party
from domain.orders.line import CancelledLine
from domain.shared.actor import Actor
from domain.shared.ids import OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrderCommand:
    """`lines` are the units to cancel. If `lines` is empty, the whole order is canceled."""

    order_id: OrderId
    lines: Sequence[CancelledLine] = ()
    reason: str | None
    dispute_override: str | None = None
    access: OrderAccess
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel a whole order or some of its units. Shipped units cannot be canceled.

    The stock of the canceled units is released, and the money that was paid for these units is refunded. The
    refund is sent to the provider shortly after the cancellation. Customers can cancel units until shipping
    begins. Staff can cancel units at any time.

    After the cancellation, there may be no units left to ship. In this case, the order becomes fulfilled if a
    unit was shipped. If no unit was shipped, the order becomes canceled.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: CancelOrderCommand) -> IdempotentResult[OrderView]:
        """Return the order.

        Raises NotFound, InvalidTransition, OrderDisputed, PaymentInProgress, ValidationFailed, IdempotencyKeyReused,
        IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, OrderView, lambda: self._cancel(work, command))

    async def _cancel(self, work: UnitOfWork, command: CancelOrderCommand) -> OrderView:
        order = await get_order_for_update(work, command.order_id, access=command.access)
        payments = await work.payments.of_order(order.id)
        stocks = await work.stocks.lock(order.product_ids)
        party = command.access.party
        carry_out = partial(cancel_lines, parts=command.lines) if command.lines else cancel
        refunds = carry_out(
            order,
            payments,
            stocks=stocks,
            reason=command.reason,
            party=party,
            dispute_override=command.dispute_override if party is Party.STAFF else None,
            new_id=self.ids.new,
            now=self.clock.now(),
            actor=command.actor,
        )
        await work.orders.save([order])
        await work.payments.save(payments)
        await work.refunds.add(refunds)
        await work.stocks.save(stocks.values())
        return OrderView.of(order)
