from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.keyset import page_of, shown
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import WebhookDeliveryRow, WebhookEndpointRow
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.webhooks.mapping import delivery_from, endpoint_view
from application.shared.page import Page, Position
from application.webhooks.ports import WebhookQueries
from application.webhooks.views import DeliveryView, EndpointView
from domain.shared.ids import EndpointId
from domain.webhooks.delivery import DeliveryStatus

_ENDPOINTS = select(
    *columns_of(
        WebhookEndpointRow, without={"secret", "former_secret", "served_at", "leased_until", "failing_since"}
    )
)
_ENDPOINT = _ENDPOINTS.where(WebhookEndpointRow.id == bindparam("endpoint"))
_ENDPOINT_KEY = (WebhookEndpointRow.created_at, WebhookEndpointRow.id)
_DELIVERIES = select(*columns_of(WebhookDeliveryRow)).where(
    WebhookDeliveryRow.endpoint_id == bindparam("endpoint")
)
_DELIVERY_KEY = (WebhookDeliveryRow.position,)


class PostgresWebhookQueries(WebhookQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def endpoints(self, *, after: Position | None, limit: int) -> Page[EndpointView]:
        statement = page_of(_ENDPOINTS, _ENDPOINT_KEY, descending=False, after=after, limit=limit)
        return shown(await self._reader.all(statement), _ENDPOINT_KEY, limit=limit, show=endpoint_view)

    async def endpoint(self, endpoint_id: EndpointId) -> EndpointView | None:
        row = await self._reader.one_or_none(_ENDPOINT, {"endpoint": endpoint_id})
        return endpoint_view(row) if row else None

    async def deliveries(
        self,
        endpoint_id: EndpointId,
        *,
        status: DeliveryStatus | None,
        after: Position | None,
        limit: int,
    ) -> Page[DeliveryView]:
        chosen = _DELIVERIES if status is None else _DELIVERIES.where(WebhookDeliveryRow.status == status)
        statement = page_of(chosen, _DELIVERY_KEY, descending=True, after=after, limit=limit)
        rows = await self._reader.all(statement, {"endpoint": endpoint_id})
        return shown(rows, _DELIVERY_KEY, limit=limit, show=_delivery_view)


def _delivery_view(row: ResultRow) -> DeliveryView:
    return DeliveryView.of(delivery_from(row))
