from collections.abc import Sequence
from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.orders.views import ReturnView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.order_return import ReturnedLine
from domain.orders.returning import request_return
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, ReturnId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReturnCommand:
    order_id: OrderId
    lines: Sequence[ReturnedLine]
    reason: str
    access: OrderAccess
    key: IdempotencyKey
    actor: Actor


@dataclass(frozen=True, slots=True)
class RequestReturn:
    """Request to return shipped units of an order. Staff approve or refuse the request.

    A unit can be in only one return that was not refused.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: RequestReturnCommand) -> IdempotentResult[ReturnView]:
        """Return the view of the requested return.

        Raises NotFound, InvalidTransition, ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, ReturnView, lambda: self._request(work, command))

    async def _request(self, work: UnitOfWork, command: RequestReturnCommand) -> ReturnView:
        order = await get_order_for_update(work, command.order_id, access=command.access)
        requested = request_return(
            order,
            await work.returns.of_order(order.id),
            command.lines,
            command.reason,
            id=ReturnId(self.ids.new()),
            party=command.access.party,
            now=self.clock.now(),
            actor=command.actor,
        )
        await work.returns.add(requested)
        await work.orders.save([order])
        return ReturnView.of(requested)
