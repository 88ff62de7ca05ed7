from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, bindparam, delete, exists, insert, or_, select, update

from adapters.postgres.core.rows import WebhookDeliveryRow, WebhookEndpointRow
from adapters.postgres.core.secret_columns import SecretColumns
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.events.outbox import Outbox
from adapters.postgres.webhooks.mapping import (
    attempt_values,
    delivery_from,
    endpoint_from,
    endpoint_values,
)
from application.shared.secrets import SecretBox
from application.webhooks.ports import UndeliveredFilter, WebhookRepository
from domain.shared.ids import DeliveryId, EndpointId
from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.endpoint import WebhookEndpoint

_ADD = insert(WebhookEndpointRow)
_REMOVE = delete(WebhookEndpointRow).where(WebhookEndpointRow.id == bindparam("endpoint"))
_PEEK_ENDPOINT = select(*columns_of(WebhookEndpointRow, without={"served_at", "leased_until"})).where(
    WebhookEndpointRow.id == bindparam("endpoint")
)
# FOR UPDATE would conflict with the foreign key of deliveries, and block the insertion of deliveries.
_LOCK_ENDPOINT = _PEEK_ENDPOINT.with_for_update(key_share=True)
_SAVE_ENDPOINT = update(WebhookEndpointRow).where(WebhookEndpointRow.id == bindparam("endpoint"))
_DELIVERED_SINCE = select(
    exists().where(
        WebhookDeliveryRow.endpoint_id == bindparam("endpoint"),
        WebhookDeliveryRow.status == DeliveryStatus.DELIVERED,
        WebhookDeliveryRow.attempted_at > bindparam("since"),
    )
)
_UNDELIVERED = (
    select(WebhookDeliveryRow.id)
    .where(
        WebhookDeliveryRow.endpoint_id == bindparam("endpoint"),
        WebhookDeliveryRow.created_at >= bindparam("since"),
        WebhookDeliveryRow.created_at < bindparam("until"),
        WebhookDeliveryRow.status != DeliveryStatus.DELIVERED,
        or_(WebhookDeliveryRow.status == DeliveryStatus.DEAD, WebhookDeliveryRow.due_at > bindparam("now")),
    )
    .order_by(WebhookDeliveryRow.created_at, WebhookDeliveryRow.position)
    .limit(bindparam("limit"))
    .with_for_update()
)
_UNDELIVERED_OF_TYPES = _UNDELIVERED.where(
    WebhookDeliveryRow.event_type == any_(bindparam("types", type_=ARRAY(Text)))
)
_LOCK_DELIVERY = (
    select(*columns_of(WebhookDeliveryRow))
    .where(
        WebhookDeliveryRow.id == bindparam("delivery"),
        WebhookDeliveryRow.endpoint_id == bindparam("endpoint"),
    )
    .with_for_update()
)
_SAVE_DELIVERY = update(WebhookDeliveryRow).where(WebhookDeliveryRow.id == bindparam("delivery"))


class PostgresWebhookRepository(WebhookRepository):
    def __init__(self, transaction: Transaction, outbox: Outbox, secret_box: SecretBox) -> None:
        self._transaction = transaction
        self._outbox = outbox
        self._columns = SecretColumns(secret_box)

    async def add(self, endpoint: WebhookEndpoint) -> None:
        await self._transaction.execute(_ADD, endpoint_values(endpoint, self._columns))
        self._outbox.record(endpoint.take_events())

    async def remove(self, endpoint_id: EndpointId) -> bool:
        return (await self._transaction.execute(_REMOVE, {"endpoint": endpoint_id})).rowcount == 1

    async def get(self, endpoint_id: EndpointId) -> WebhookEndpoint | None:
        row = (await self._transaction.execute(_LOCK_ENDPOINT, {"endpoint": endpoint_id})).one_or_none()
        return endpoint_from(row, self._columns) if row else None

    async def peek(self, endpoint_id: EndpointId) -> WebhookEndpoint | None:
        row = (await self._transaction.execute(_PEEK_ENDPOINT, {"endpoint": endpoint_id})).one_or_none()
        return endpoint_from(row, self._columns) if row else None

    async def has_delivered_since(self, endpoint_id: EndpointId, since: datetime) -> bool:
        parameters = {"endpoint": endpoint_id, "since": since}
        return bool((await self._transaction.execute(_DELIVERED_SINCE, parameters)).scalar_one())

    async def save(self, endpoint: WebhookEndpoint) -> None:
        values = endpoint_values(endpoint, self._columns)
        await self._transaction.write(_SAVE_ENDPOINT.values(values), {"endpoint": endpoint.id}, rows=1)
        self._outbox.record(endpoint.take_events())

    async def delivery(self, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Delivery | None:
        parameters = {"endpoint": endpoint_id, "delivery": delivery_id}
        row = (await self._transaction.execute(_LOCK_DELIVERY, parameters)).one_or_none()
        return delivery_from(row) if row else None

    async def retry_undelivered(self, which: UndeliveredFilter, *, limit: int, now: datetime) -> int:
        found = _UNDELIVERED_OF_TYPES if which.event_types else _UNDELIVERED
        parameters = {
            "endpoint": which.endpoint_id,
            "since": which.since,
            "until": which.until,
            "types": list(which.event_types),
            "now": now,
            "limit": limit,
        }
        statement = (
            update(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id.in_(found))
            .values(status=DeliveryStatus.PENDING, due_at=bindparam("now"))
        )
        return (await self._transaction.execute(statement, parameters)).rowcount

    async def save_delivery(self, delivery: Delivery) -> None:
        await self._transaction.write(
            _SAVE_DELIVERY, {"delivery": delivery.id, **attempt_values(delivery)}, rows=1
        )
