from dataclasses import dataclass

from application.webhooks.ports import WebhookQueries
from application.webhooks.views import EndpointView
from domain.shared.errors import NotFound
from domain.shared.ids import EndpointId


@dataclass(frozen=True, slots=True)
class GetEndpoint:
    """Show one address that events are sent to, without its secret."""

    webhooks: WebhookQueries

    async def __call__(self, endpoint_id: EndpointId) -> EndpointView:
        """Raise NotFound."""
        endpoint = await self.webhooks.endpoint(endpoint_id)
        if endpoint is None:
            raise NotFound("There is no such webhook endpoint.")
        return endpoint
