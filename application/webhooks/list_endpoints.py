from dataclasses import dataclass

from application.shared.page import Page, Position
from application.webhooks.ports import WebhookQueries
from application.webhooks.views import EndpointView


@dataclass(frozen=True, slots=True)
class ListEndpoints:
    """Show where events are sent to, the first endpoint first. Secrets are not shown again."""

    webhooks: WebhookQueries

    async def __call__(self, *, after: Position | None, limit: int) -> Page[EndpointView]:
        return await self.webhooks.endpoints(after=after, limit=limit)
