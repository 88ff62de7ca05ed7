from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from adapters.memory.core.database import MemoryDatabase, yield_control
from adapters.memory.events import MemoryRelayProgress
from application.monitoring.ports import AGES, MAX_COUNTED, Backlog, Backlogs, EndpointState, Queue, RelayLag
from domain.orders.lifecycle import OrderStatus
from domain.payments.payment import PaymentStatus
from domain.webhooks.delivery import DeliveryStatus
from domain.webhooks.endpoint import WebhookEndpoint


class MemoryBacklogs(Backlogs):
    def __init__(self, database: MemoryDatabase, relays: MemoryRelayProgress) -> None:
        self._database = database
        self._relays = relays

    async def of(self, queue: Queue, *, now: datetime) -> Backlog:
        await yield_control()
        since = sorted(self._waiting(queue, now))[:MAX_COUNTED]
        counts = tuple(sum(at <= now - age for at in since) for age in AGES)
        return Backlog(counts, max(timedelta(0), now - since[0]) if since else timedelta(0))

    async def relay_lag(self, publisher: str, *, now: datetime) -> RelayLag:
        await yield_control()
        published, after = self._database.published, self._relays.reached_by(publisher)
        reached = next((event.position for event in published if event.id == after), 0)
        behind = [event for event in published if event.position > reached]
        return RelayLag(len(behind), max(timedelta(0), now - behind[0].occurred_at)) if behind else RelayLag()

    async def endpoints(self) -> Mapping[EndpointState, int]:
        await yield_control()
        found = Counter(map(_state, self._database.tables.webhook_endpoints.values()))
        return {state: found[state] for state in EndpointState}

    def _waiting(self, queue: Queue, now: datetime) -> Iterator[datetime]:
        tables = self._database.tables
        match queue:
            case Queue.UNPUBLISHED_EVENTS:
                published = len(self._database.published)
                return (event.occurred_at for event in self._database.outbox[published:])
            case Queue.WEBHOOK_DELIVERIES:
                return (at for at in self._due_deliveries() if at <= now)
            case Queue.MAIL:
                return (
                    mail.requested_at
                    for mail in tables.mail.values()
                    if mail.due_at <= now and mail.set_aside_at is None
                )
            case Queue.PENDING_PAYMENTS:
                return (
                    payment.requested_at
                    for payment in tables.payments.values()
                    if payment.is_undecided and payment.status is not PaymentStatus.AUTHORIZED
                )
            case Queue.PENDING_REFUNDS:
                return (
                    refund.requested_at for refund in tables.refunds.values() if refund.inquire_at is not None
                )
            case Queue.EXPIRED_HOLDS:
                return (
                    order.expires_at
                    for order in tables.orders.values()
                    if order.status is OrderStatus.PENDING_PAYMENT and order.is_due(now)
                )

    def _due_deliveries(self) -> Iterator[datetime]:
        """Return the due time of the first pending delivery of each endpoint and aggregate."""
        endpoints = self._database.tables.webhook_endpoints
        heads: dict[object, datetime] = {}
        for delivery in sorted(
            self._database.tables.webhook_deliveries.values(), key=lambda delivery: delivery.position
        ):
            if (
                delivery.status is DeliveryStatus.PENDING
                and endpoints[delivery.endpoint_id].paused_at is None
            ):
                aggregate = self._database.published[delivery.position - 1].aggregate_id
                heads.setdefault((delivery.endpoint_id, aggregate), delivery.due_at)
        return iter(heads.values())


def _state(endpoint: WebhookEndpoint) -> EndpointState:
    if endpoint.blocked_at is not None:
        return EndpointState.BLOCKED
    if endpoint.paused_at is not None:
        return EndpointState.PAUSED
    return EndpointState.DELIVERING if endpoint.failing_since is None else EndpointState.FAILING
