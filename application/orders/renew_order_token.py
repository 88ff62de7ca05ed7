from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId


@dataclass(frozen=True, slots=True)
class RenewOrderToken:
    """Revoke the order token of a guest's order, and issue a new token."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, order_id: OrderId, *, actor: Actor) -> int:
        """Return the version of the new token. Raises NotFound if the order is not a guest's order."""
        async with self.unit_of_work(actor) as work:
            version = await work.orders.renew_token(order_id)
            if version is None:
                raise NotFound("There is no such order of a guest.")
            work.audit.record(AuditAction.ORDER_TOKEN_RENEWED, order_id, at=self.clock.now())
            await work.commit()
        return version
