from sqlalchemy import bindparam, delete, insert, select, update

from adapters.postgres.core.rows import WebhookDeliveryRow, WebhookEndpointRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.webhooks.mapping import attempt_values, delivery_from, endpoint_values
from application.webhooks.ports import WebhookRepository
from domain.shared.ids import DeliveryId, EndpointId
from domain.webhooks.delivery import Delivery
from domain.webhooks.endpoint import WebhookEndpoint

_ADD = insert(WebhookEndpointRow)
_REMOVE = delete(WebhookEndpointRow).where(WebhookEndpointRow.id == bindparam("endpoint"))
_LOCK_DELIVERY = (
    select(*columns_of(WebhookDeliveryRow))
    .where(
        WebhookDeliveryRow.id == bindparam("delivery"),
        WebhookDeliveryRow.endpoint_id == bindparam("endpoint"),
    )
    .with_for_update()
)
_SAVE = update(WebhookDeliveryRow).where(WebhookDeliveryRow.id == bindparam("delivery"))


class PostgresWebhookRepository(WebhookRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, endpoint: WebhookEndpoint) -> None:
        await self._transaction.execute(_ADD, endpoint_values(endpoint))

    async def remove(self, endpoint_id: EndpointId) -> bool:
        return (await self._transaction.execute(_REMOVE, {"endpoint": endpoint_id})).rowcount == 1

    async def delivery(self, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Delivery | None:
        parameters = {"endpoint": endpoint_id, "delivery": delivery_id}
        row = (await self._transaction.execute(_LOCK_DELIVERY, parameters)).one_or_none()
        return delivery_from(row) if row else None

    async def save(self, delivery: Delivery) -> None:
        await self._transaction.write(_SAVE, {"delivery": delivery.id, **attempt_values(delivery)}, rows=1)
