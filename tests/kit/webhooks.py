"""Fake webhook subscribers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from adapters.security.secret_box import AesGcmSecretBox
from application.events.relay_events import RelayEvents
from application.shared.ports import Clock
from application.webhooks.change_endpoint import ChangeEndpoint, ChangeEndpointCommand
from application.webhooks.create_endpoint import CreateEndpoint, CreateEndpointCommand
from application.webhooks.delete_endpoint import DeleteEndpoint
from application.webhooks.deliver_webhooks import DeliverWebhooks
from application.webhooks.owner_permissions import OwnerPermissions
from application.webhooks.pause_failing_endpoint import PauseFailingEndpoint
from application.webhooks.ports import WebhookSender
from application.webhooks.queries import GetEndpoint, ListDeliveries, ListEndpoints
from application.webhooks.queue_deliveries import QueueDeliveries
from application.webhooks.retry_deliveries import RetryDeliveries
from application.webhooks.retry_delivery import RetryDelivery
from application.webhooks.roll_endpoint_secret import RollEndpointSecret
from application.webhooks.transfer_endpoint import TransferEndpoint
from application.webhooks.views import DeliveryView, EndpointView, NewEndpointView
from domain.shared.actor import Actor
from domain.shared.ids import EndpointId
from domain.users.permissions import Permission
from domain.webhooks.delivery import Attempt
from domain.webhooks.endpoint import EndpointChanges
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

SECOND = timedelta(seconds=1)
PAUSE_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class SentMessage:
    url: str
    secrets: tuple[bytes, ...]
    message_id: str
    event: dict[str, Any]


class Subscribers(WebhookSender):
    """All subscribers of webhooks.

    `answers` maps the URL of a subscriber to the status or the error that this subscriber returns. All other
    subscribers return 204.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.messages: list[SentMessage] = []
        self.answers: dict[str, int | str] = {}
        self.during_send: Callable[[], Awaitable[object]] | None = None

    async def send(
        self,
        url: str,
        secrets: Sequence[bytes],
        message_id: str,
        body: str,
        *,
        traceparent: str | None = None,
    ) -> Attempt:
        await asyncio.sleep(0)
        self.messages.append(SentMessage(url, tuple(secrets), message_id, json.loads(body)))
        if self.during_send:
            await self.during_send()
        answer = self.answers.get(url, 204)
        if isinstance(answer, str):
            return Attempt(self._clock.now(), None, answer)
        return Attempt(self._clock.now(), answer, None)

    def event_types_sent_to(self, url: str) -> list[str]:
        return [message.event["type"] for message in self.messages if message.url == url]


class Webhooks:
    """The use cases of webhooks over one shop.

    The pause before each retry is the shortest possible pause, because jitter is disabled.
    """

    def __init__(self, shop: Shop) -> None:
        store = shop.store
        self.shop = shop
        self.subscribers = Subscribers(shop.clock)
        new = iter([b"t", b"u", b"v"])
        self.create = CreateEndpoint(
            store.unit_of_work,
            shop.clock,
            shop.ids,
            lambda size: b"s" * size,
            AesGcmSecretBox([b"k" * 32]),
            allow_plain_http=False,
        )
        self.owner_permissions = OwnerPermissions(store.users, store.clients)
        self.transfer = TransferEndpoint(
            store.unit_of_work, GetEndpoint(store.webhooks), self.owner_permissions, shop.clock
        )
        self.roll_secret = RollEndpointSecret(
            store.unit_of_work, shop.clock, lambda size: next(new) * size, AesGcmSecretBox([b"k" * 32])
        )
        self.change = ChangeEndpoint(
            store.unit_of_work,
            GetEndpoint(store.webhooks),
            self.owner_permissions,
            shop.clock,
            allow_plain_http=False,
        )
        self.delete = DeleteEndpoint(store.unit_of_work, shop.clock)
        self.list = ListEndpoints(store.webhooks)
        self.deliveries = ListDeliveries(GetEndpoint(store.webhooks), store.webhooks)
        self.retry_all = RetryDeliveries(store.unit_of_work, shop.clock)
        self.retry = RetryDelivery(store.unit_of_work, shop.clock)
        self.relay = RelayEvents(
            store.event_feed,
            store.relay_progress,
            QueueDeliveries(store.delivery_queue, shop.clock),
            shop.clock,
            shop.ids,
        )

    def deliver(self, sender: WebhookSender | None = None) -> DeliverWebhooks:
        return DeliverWebhooks(
            self.shop.store.delivery_queue,
            sender or self.subscribers,
            self.shop.clock,
            lambda: 0.0,
            "http://shop",
            self.owner_permissions,
            self.shop.store.unit_of_work,
            PauseFailingEndpoint(self.shop.store.unit_of_work, self.shop.clock, PAUSE_AFTER),
        )

    async def endpoint(
        self, url: str = "https://ann.example.com/", *types: str, actor: Actor = SOMEBODY
    ) -> NewEndpointView:
        command = CreateEndpointCommand(
            url=url, event_types=types, permissions=frozenset(Permission), key=None, actor=actor
        )
        return (await self.create(command)).result

    async def edit(
        self,
        endpoint: EndpointView,
        changes: EndpointChanges,
        permissions: frozenset[Permission] = frozenset(Permission),
    ) -> EndpointView:
        command = ChangeEndpointCommand(
            endpoint_id=endpoint.id,
            expected_version=endpoint.version,
            changes=changes,
            permissions=permissions,
            actor=SOMEBODY,
        )
        return await self.change(command)

    async def work(self) -> int:
        """Run the worker's jobs until no work is due.

        Returns the number of delivery attempts.
        """
        while await self.relay(limit=100):
            pass
        tried = 0
        while count := await self.deliver()(limit=100):
            tried += count
        return tried

    async def log(self, endpoint_id: UUID) -> list[DeliveryView]:
        page = await self.deliveries(EndpointId(endpoint_id), status=None, after=None, limit=100)
        return list(page.items)
