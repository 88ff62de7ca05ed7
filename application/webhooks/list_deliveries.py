from dataclasses import dataclass

from application.shared.page import Page, Position
from application.webhooks.get_endpoint import GetEndpoint
from application.webhooks.ports import WebhookQueries
from application.webhooks.views import DeliveryView
from domain.shared.ids import EndpointId
from domain.webhooks.delivery import DeliveryStatus


@dataclass(frozen=True, slots=True)
class ListDeliveries:
    """Show what was sent to an endpoint and how it answered, the newest event first.

    `dead` is what was tried for some three days in vain; see how to have it tried again.
    """

    get_endpoint: GetEndpoint
    webhooks: WebhookQueries

    async def __call__(
        self,
        endpoint_id: EndpointId,
        *,
        status: DeliveryStatus | None,
        after: Position | None,
        limit: int,
    ) -> Page[DeliveryView]:
        """Raise NotFound."""
        await self.get_endpoint(endpoint_id)
        return await self.webhooks.deliveries(endpoint_id, status=status, after=after, limit=limit)
