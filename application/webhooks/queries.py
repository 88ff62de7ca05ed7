"""Use cases that read webhooks."""

from dataclasses import dataclass

from application.shared.page import Page, Position
from application.webhooks.ports import WebhookQueries
from application.webhooks.views import DeliveryView, EndpointView
from domain.shared.errors import NotFound
from domain.shared.ids import EndpointId
from domain.webhooks.delivery import DeliveryStatus


@dataclass(frozen=True, slots=True)
class GetEndpoint:
    """Show a webhook endpoint, without its secret."""

    webhooks: WebhookQueries

    async def __call__(self, endpoint_id: EndpointId) -> EndpointView:
        """Return the endpoint. Raises NotFound."""
        endpoint = await self.webhooks.endpoint(endpoint_id)
        if endpoint is None:
            raise NotFound("There is no such webhook endpoint.")
        return endpoint


@dataclass(frozen=True, slots=True)
class ListEndpoints:
    """List the webhook endpoints, oldest first, without their secrets."""

    webhooks: WebhookQueries

    async def __call__(self, *, after: Position | None, limit: int) -> Page[EndpointView]:
        return await self.webhooks.endpoints(after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class ListDeliveries:
    """List the deliveries of an endpoint and their responses, newest event first.

    A `dead` delivery has failed for about three days. The delivery is sent again only if a client requests a retry.
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
        """Return a page of deliveries. Raises NotFound."""
        await self.get_endpoint(endpoint_id)
        return await self.webhooks.deliveries(endpoint_id, status=status, after=after, limit=limit)
