from dataclasses import dataclass

from application.unit_of_work import UnitOfWorkFactory
from domain.shared.errors import NotFound
from domain.shared.ids import EndpointId


@dataclass(frozen=True, slots=True)
class DeleteEndpoint:
    """Send nothing more to an address, and forget what was on its way."""

    unit_of_work: UnitOfWorkFactory

    async def __call__(self, endpoint_id: EndpointId) -> None:
        """Raise NotFound."""
        async with self.unit_of_work() as work:
            if not await work.webhooks.remove(endpoint_id):
                raise NotFound("There is no such webhook endpoint.")
            await work.commit()
