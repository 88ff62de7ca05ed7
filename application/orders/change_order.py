from dataclasses import dataclass

from application.orders.access import OrderAccess
from application.orders.locking import get_order_for_update
from application.orders.views import OrderView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.details import OrderChanges
from domain.orders.lifecycle import Action
from domain.shared.actor import Actor
from domain.shared.ids import OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrderCommand:
    """`expected_version` is the version that the caller read before the change."""

    order_id: OrderId
    expected_version: int
    changes: OrderChanges
    access: OrderAccess
    key: IdempotencyKey | None
    actor: Actor


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """Change the shipping address, the note or the metadata of an order until shipping begins.

    The history names the changed fields. The request fails if the order was changed after the caller read it.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: ChangeOrderCommand) -> IdempotentResult[OrderView]:
        """Return the order.

        Raises NotFound, PreconditionFailed, InvalidTransition, ValidationFailed, IdempotencyKeyReused,
        IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, OrderView, lambda: self._change(work, command))

    async def _change(self, work: UnitOfWork, command: ChangeOrderCommand) -> OrderView:
        order = await get_order_for_update(work, command.order_id, access=command.access)
        order.ensure_unchanged_since(command.expected_version)
        order.ensure_allows(Action.CHANGE, command.access.party)
        order.change(command.changes, now=self.clock.now(), actor=command.actor)
        await work.orders.save([order])
        return OrderView.of(order)
