"""Use cases that read webhooks. They change nothing."""

from dataclasses import dataclass

from application.shared.page import Page, Position
from application.webhooks.ports import WebhookQueries
from application.webhooks.views import DeliveryView, EndpointView
from domain.shared.errors import NotFound
from domain.shared.ids import EndpointId
from domain.webhooks.delivery import DeliveryStatus


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


@dataclass(frozen=True, slots=True)
class ListEndpoints:
    """Show where events are sent to, the first endpoint first. Secrets are not shown again."""

    webhooks: WebhookQueries

    async def __call__(self, *, after: Position | None, limit: int) -> Page[EndpointView]:
        return await self.webhooks.endpoints(after=after, limit=limit)


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
