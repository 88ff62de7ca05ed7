from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.keyset import page
from adapters.memory.core.transaction import Transaction
from application.events.views import PublishedEvent
from application.shared.page import Page, Position
from application.shared.ports import IdFactory
from application.webhooks.ports import (
    DeliveryQueue,
    DueDelivery,
    Round,
    UndeliveredFilter,
    WebhookQueries,
    WebhookRepository,
)
from application.webhooks.views import DeliveryView, EndpointView
from domain.shared.ids import DeliveryId, EndpointId
from domain.webhooks.delivery import Delivery, DeliveryStatus
from domain.webhooks.endpoint import WebhookEndpoint


class MemoryWebhookRepository(WebhookRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, endpoint: WebhookEndpoint) -> None:
        await self._transaction.lock([_endpoint_row(endpoint.id)])
        self._write(endpoint)

    async def remove(self, endpoint_id: EndpointId) -> bool:
        await self._transaction.lock([_endpoint_row(endpoint_id)])
        tables = self._transaction.tables
        if endpoint_id not in tables.webhook_endpoints:
            return False
        del tables.webhook_endpoints[endpoint_id]
        for delivery in list(tables.webhook_deliveries.values()):
            if delivery.endpoint_id == endpoint_id:
                del tables.webhook_deliveries[delivery.id]
        return True

    async def get(self, endpoint_id: EndpointId) -> WebhookEndpoint | None:
        await self._transaction.lock([_endpoint_row(endpoint_id)])
        return deepcopy(self._transaction.tables.webhook_endpoints.get(endpoint_id))

    async def peek(self, endpoint_id: EndpointId) -> WebhookEndpoint | None:
        await yield_control()
        return deepcopy(self._transaction.tables.webhook_endpoints.get(endpoint_id))

    async def has_delivered_since(self, endpoint_id: EndpointId, since: datetime) -> bool:
        await yield_control()
        return any(
            delivery.endpoint_id == endpoint_id
            and delivery.status is DeliveryStatus.DELIVERED
            and delivery.last_attempt is not None
            and delivery.last_attempt.at > since
            for delivery in self._transaction.tables.webhook_deliveries.values()
        )

    async def save(self, endpoint: WebhookEndpoint) -> None:
        await yield_control()
        self._transaction.ensure_locked(_endpoint_row(endpoint.id))
        self._write(endpoint)

    def _write(self, endpoint: WebhookEndpoint) -> None:
        self._transaction.record(endpoint.take_events())
        self._transaction.tables.webhook_endpoints[endpoint.id] = deepcopy(endpoint)

    async def delivery(self, endpoint_id: EndpointId, delivery_id: DeliveryId) -> Delivery | None:
        await self._transaction.lock([_delivery_row(delivery_id)])
        delivery = self._transaction.tables.webhook_deliveries.get(delivery_id)
        return deepcopy(delivery) if delivery and delivery.endpoint_id == endpoint_id else None

    async def retry_undelivered(self, which: UndeliveredFilter, *, limit: int, now: datetime) -> int:
        deliveries = self._transaction.tables.webhook_deliveries
        found = sorted(
            (delivery for delivery in deliveries.values() if _matches(delivery, which, now)),
            key=lambda delivery: (delivery.created_at, delivery.position),
        )[:limit]
        await self._transaction.lock(_delivery_row(delivery.id) for delivery in found)
        count = 0
        for delivery in map(deepcopy, found):
            if delivery.id in deliveries and _matches(deliveries[delivery.id], which, now):
                delivery.retry(now=now)
                deliveries[delivery.id] = delivery
                count += 1
        return count

    async def save_delivery(self, delivery: Delivery) -> None:
        await yield_control()
        self._transaction.ensure_locked(_delivery_row(delivery.id))
        self._transaction.tables.webhook_deliveries[delivery.id] = deepcopy(delivery)


class MemoryWebhookQueries(WebhookQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def endpoints(self, *, after: Position | None, limit: int) -> Page[EndpointView]:
        await yield_control()
        return page(
            self._database.tables.webhook_endpoints.values(),
            position=lambda endpoint: (endpoint.created_at, endpoint.id),
            show=EndpointView.of,
            descending=False,
            after=after,
            limit=limit,
        )

    async def endpoint(self, endpoint_id: EndpointId) -> EndpointView | None:
        await yield_control()
        endpoint = self._database.tables.webhook_endpoints.get(endpoint_id)
        return EndpointView.of(endpoint) if endpoint else None

    async def deliveries(
        self,
        endpoint_id: EndpointId,
        *,
        status: DeliveryStatus | None,
        after: Position | None,
        limit: int,
    ) -> Page[DeliveryView]:
        await yield_control()
        return page(
            (
                delivery
                for delivery in self._database.tables.webhook_deliveries.values()
                if delivery.endpoint_id == endpoint_id and status in {None, delivery.status}
            ),
            position=lambda delivery: (delivery.position,),
            show=DeliveryView.of,
            descending=True,
            after=after,
            limit=limit,
        )


@dataclass(slots=True)
class _Served:
    at: dict[EndpointId, datetime] = field(default_factory=dict)
    leased_until: dict[EndpointId, datetime] = field(default_factory=dict)


class MemoryDeliveryQueue(DeliveryQueue):
    """The delivery queue in memory. Each call is atomic."""

    def __init__(self, database: MemoryDatabase, ids: IdFactory) -> None:
        self._database = database
        self._ids = ids
        self._served = _Served()

    async def put(self, events: Sequence[PublishedEvent], *, now: datetime) -> None:
        await yield_control()
        tables = self._database.tables
        queued = {(one.endpoint_id, one.event_id) for one in tables.webhook_deliveries.values()}
        for event in events:
            for endpoint in tables.webhook_endpoints.values():
                if endpoint.wants(event.type) and (endpoint.id, event.id) not in queued:
                    delivery = Delivery.of(
                        id=DeliveryId(self._ids.new()),
                        endpoint_id=endpoint.id,
                        event_id=event.id,
                        event_type=event.type,
                        position=event.position,
                        now=now,
                    )
                    tables.webhook_deliveries[delivery.id] = delivery

    async def take(self, *, now: datetime, until: datetime, limit: int) -> Round | None:
        await yield_control()
        for endpoint in self._by_last_service():
            if endpoint.paused_at is not None:
                continue
            due = [one for one in self._heads(endpoint.id) if one.delivery.due_at <= now][:limit]
            if due and self._served.leased_until.get(endpoint.id, now) <= now:
                self._served.leased_until[endpoint.id] = until
                return Round(
                    endpoint_id=endpoint.id,
                    url=endpoint.url,
                    secrets=endpoint.signing_secrets(now),
                    leased_until=until,
                    deliveries=deepcopy(due),
                    event_types=endpoint.event_types,
                    owner_id=endpoint.owner_id,
                    is_blocked=endpoint.blocked_at is not None,
                    failing_since=endpoint.failing_since,
                )
        return None

    async def note(self, delivery: Delivery) -> None:
        await yield_control()
        if delivery.id in self._database.tables.webhook_deliveries:
            self._database.tables.webhook_deliveries[delivery.id] = deepcopy(delivery)

    async def give_back(self, taken: Round, *, now: datetime, failed: bool | None = None) -> None:
        await yield_control()
        if self._served.leased_until.get(taken.endpoint_id) == taken.leased_until:
            del self._served.leased_until[taken.endpoint_id]
            self._served.at[taken.endpoint_id] = now
            endpoint = self._database.tables.webhook_endpoints.get(taken.endpoint_id)
            if endpoint is None:
                return
            if failed is not None:
                endpoint.failing_since = (endpoint.failing_since or now) if failed else None
            if len(endpoint.signing_secrets(now)) == 1:
                endpoint.former_secret = None

    def _by_last_service(self) -> list[WebhookEndpoint]:
        endpoints = self._database.tables.webhook_endpoints.values()
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(endpoints, key=lambda one: (self._served.at.get(one.id, never), one.created_at))

    def _heads(self, endpoint_id: EndpointId) -> list[DueDelivery]:
        """Return the first pending delivery of each aggregate. The result is sorted by due time."""
        pending = [
            DueDelivery(delivery, self._database.published[delivery.position - 1])
            for delivery in self._database.tables.webhook_deliveries.values()
            if delivery.endpoint_id == endpoint_id and delivery.status is DeliveryStatus.PENDING
        ]
        heads: dict[object, DueDelivery] = {}
        for due in sorted(pending, key=lambda due: due.delivery.position):
            heads.setdefault(due.event.aggregate_id, due)
        return sorted(heads.values(), key=lambda due: (due.delivery.due_at, due.delivery.position))


def _matches(delivery: Delivery, which: UndeliveredFilter, now: datetime) -> bool:
    return (
        delivery.endpoint_id == which.endpoint_id
        and which.since <= delivery.created_at < which.until
        and (not which.event_types or delivery.event_type in which.event_types)
        and (
            delivery.status is DeliveryStatus.DEAD
            or (delivery.status is DeliveryStatus.PENDING and delivery.due_at > now)
        )
    )


def _endpoint_row(endpoint_id: EndpointId) -> Row:
    return "webhook_endpoints", str(endpoint_id)


def _delivery_row(delivery_id: DeliveryId) -> Row:
    return "webhook_deliveries", str(delivery_id)
