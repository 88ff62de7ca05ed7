from datetime import datetime

from sqlalchemy import bindparam, delete, insert, null, select, update

from adapters.postgres.core.rows import WebhookDeliveryRow, WebhookEndpointRow
from adapters.postgres.core.secret_columns import SecretColumns
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.webhooks.mapping import (
    attempt_values,
    delivery_from,
    endpoint_values,
    endpoint_view,
    place_of_secret,
)
from application.shared.secrets import SecretBox
from application.webhooks.ports import WebhookRepository
from application.webhooks.views import EndpointView
from domain.shared.ids import ClientId, DeliveryId, EndpointId, UserId
from domain.webhooks.delivery import Delivery
from domain.webhooks.endpoint import WebhookEndpoint

_ADD = insert(WebhookEndpointRow)
_REMOVE = delete(WebhookEndpointRow).where(WebhookEndpointRow.id == bindparam("endpoint"))
_ENDPOINT = update(WebhookEndpointRow).where(WebhookEndpointRow.id == bindparam("endpoint"))
_TRANSFER = _ENDPOINT.values(owner_id=bindparam("owner"), blocked_at=null()).returning(
    *columns_of(WebhookEndpointRow, without={"secret", "served_at", "leased_until"})
)
_BLOCK = _ENDPOINT.where(WebhookEndpointRow.blocked_at.is_(None))
_UNBLOCK = _ENDPOINT.where(WebhookEndpointRow.blocked_at.is_not(None)).values(blocked_at=null())
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
    def __init__(self, transaction: Transaction, secret_box: SecretBox) -> None:
        self._transaction = transaction
        self._columns = SecretColumns(secret_box)

    async def add(self, endpoint: WebhookEndpoint) -> None:
        sealed = self._columns.seal(endpoint.secret, place=place_of_secret(endpoint.id))
        await self._transaction.execute(_ADD, endpoint_values(endpoint) | {"secret": sealed})

    async def remove(self, endpoint_id: EndpointId) -> bool:
        return (await self._transaction.execute(_REMOVE, {"endpoint": endpoint_id})).rowcount == 1

    async def transfer(self, endpoint_id: EndpointId, owner_id: UserId | ClientId) -> EndpointView | None:
        parameters = {"endpoint": endpoint_id, "owner": owner_id}
        row = (await self._transaction.execute(_TRANSFER, parameters)).one_or_none()
        return endpoint_view(row) if row else None

    async def mark_blocked(self, endpoint_id: EndpointId, at: datetime | None) -> bool:
        statement = _UNBLOCK if at is None else _BLOCK.values(blocked_at=at)
        return (await self._transaction.execute(statement, {"endpoint": endpoint_id})).rowcount == 1

    async def delivery(self, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Delivery | None:
        parameters = {"endpoint": endpoint_id, "delivery": delivery_id}
        row = (await self._transaction.execute(_LOCK_DELIVERY, parameters)).one_or_none()
        return delivery_from(row) if row else None

    async def save(self, delivery: Delivery) -> None:
        await self._transaction.write(_SAVE, {"delivery": delivery.id, **attempt_values(delivery)}, rows=1)
