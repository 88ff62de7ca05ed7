from collections.abc import Mapping
from dataclasses import dataclass

from application.orders.decide_return import ReturnCommand
from application.orders.locking import get_return_for_update
from application.orders.views import ReturnView
from application.shared.idempotency import IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.returning import receive_return
from domain.shared.ids import LineId, RefundId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReturnCommand(ReturnCommand):
    """The command to receive a return.

    `restocked` states for each line of the return whether its units are put back into stock.
    """

    restocked: Mapping[LineId, bool]
    dispute_override: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiveReturn:
    """Record that the units of an approved return were received.

    The units that can be sold again are put back into stock. The amount that staff set at the approval is
    refunded. If less captured money is left to refund, only this money is refunded. The refund is sent to the
    provider shortly after this request.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: ReceiveReturnCommand) -> IdempotentResult[ReturnView]:
        """Return the view of the received return.

        Raises NotFound, InvalidReturnTransition, OrderDisputed, StockConflict, ValidationFailed,
        IdempotencyKeyReused, IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, ReturnView, lambda: self._receive(work, command))

    async def _receive(self, work: UnitOfWork, command: ReceiveReturnCommand) -> ReturnView:
        order, approved = await get_return_for_update(work, command.order_id, command.return_id)
        payments = await work.payments.of_order(order.id)
        stocks = await work.stocks.lock(order.product_ids)
        refund = receive_return(
            order,
            approved,
            payments,
            command.restocked,
            stocks,
            refund_id=RefundId(self.ids.new()),
            dispute_override=command.dispute_override,
            now=self.clock.now(),
            actor=command.actor,
        )
        await work.returns.save(approved)
        await work.orders.save([order])
        await work.payments.save(payments)
        await work.refunds.add([refund] if refund else [])
        await work.stocks.save(stocks.values())
        return ReturnView.of(approved)
