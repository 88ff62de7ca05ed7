"""Decisions of staff about a return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from application.orders.locking import get_return_for_update
from application.orders.views import ReturnView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWorkFactory
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn
from domain.orders.returning import approve_return, refuse_return
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, ReturnId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCommand:
    order_id: OrderId
    return_id: ReturnId
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class ApproveReturn:
    """Approve a return and set the amount to refund.

    By default, the refund is the amount that was paid for the returned units. The refund is made when the units
    are received.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: ReturnCommand, refund: Money | None) -> IdempotentResult[ReturnView]:
        """Return the view of the approved return.

        Raises NotFound, InvalidReturnTransition, RefundExceedsPaid, ValidationFailed, IdempotencyKeyReused,
        IdempotencyInFlight.
        """

        def approve(order: Order, requested: OrderReturn, now: datetime) -> None:
            approve_return(order, requested, refund, now=now, actor=command.actor)

        return await _decide(self.unit_of_work, self.clock, command, approve)


@dataclass(frozen=True, slots=True)
class RefuseReturn:
    """Refuse a return, and store the reason of the refusal.

    An approved return can also be refused until its units are received.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: ReturnCommand, reason: str) -> IdempotentResult[ReturnView]:
        """Return the view of the refused return.

        Raises NotFound, InvalidReturnTransition, ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight.
        """

        def refuse(order: Order, requested: OrderReturn, now: datetime) -> None:
            refuse_return(order, requested, reason, now=now, actor=command.actor)

        return await _decide(self.unit_of_work, self.clock, command, refuse)


async def _decide(
    unit_of_work: UnitOfWorkFactory,
    clock: Clock,
    command: ReturnCommand,
    decide: Callable[[Order, OrderReturn, datetime], None],
) -> IdempotentResult[ReturnView]:
    async with unit_of_work(command.actor) as work:

        async def run() -> ReturnView:
            order, requested = await get_return_for_update(work, command.order_id, command.return_id)
            decide(order, requested, clock.now())
            await work.returns.save(requested)
            await work.orders.save([order])
            return ReturnView.of(requested)

        return await run_once(work, command.key, ReturnView, run)
