from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import EndpointId


@dataclass(frozen=True, slots=True)
class DeleteEndpoint:
    """Delete an endpoint with its pending deliveries."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, endpoint_id: EndpointId, *, actor: Actor) -> None:
        """Delete the endpoint. Raises NotFound."""
        async with self.unit_of_work(actor) as work:
            if not await work.webhooks.remove(endpoint_id):
                raise NotFound("There is no such webhook endpoint.")
            work.audit.record(AuditAction.WEBHOOK_ENDPOINT_DELETED, endpoint_id, at=self.clock.now())
            await work.commit()
