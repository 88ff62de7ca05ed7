from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.orders.views import OrderView
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ids import IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.cancelling import cancel
from domain.orders.lifecycle import Action, Party
from domain.shared.actor import Actor
from domain.shared.ids import OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrderCommand:
    order_id: OrderId
    reason: str | None
    dispute_override: str | None = None
    access: OrderAccess
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel an order before any of it was shipped, and release its stock.

    Its payments are refunded in full; the refunds are sent to the provider shortly after.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: CancelOrderCommand) -> IdempotentResult[OrderView]:
        """Raise NotFound, InvalidTransition, OrderDisputed, IdempotencyKeyReused, IdempotencyInFlight."""
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, OrderView, lambda: self._cancel(work, command))

    async def _cancel(self, work: UnitOfWork, command: CancelOrderCommand) -> OrderView:
        order = await get_order_for_update(work, command.order_id, access=command.access)
        payments = await work.payments.of_order(order.id)
        stocks = await work.stocks.lock(order.product_ids)
        now = self.clock.now()
        order.ensure_allows(Action.CANCEL, command.access.party)
        refunds = cancel(
            order,
            payments,
            stocks,
            command.reason,
            dispute_override=command.dispute_override if command.access.party is Party.STAFF else None,
            new_id=self.ids.new,
            now=now,
            actor=command.actor,
        )
        await work.orders.save([order])
        await work.payments.save(payments)
        await work.refunds.add(refunds)
        await work.stocks.save(stocks.values())
        return OrderView.of(order)
