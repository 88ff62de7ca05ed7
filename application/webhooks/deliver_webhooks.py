import asyncio
import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.audit.entry import AuditAction
from application.events.cloud_event import cloud_event
from application.events.event_types import EVENT_TYPES
from application.mail.recipients import addresses_of_admins
from application.mail.request import MailKind, MailRequest
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.owner_permissions import OwnerPermissions
from application.webhooks.pause_failing_endpoint import PauseFailingEndpoint
from application.webhooks.ports import DeliveryQueue, DueDelivery, Round, WebhookSender
from domain.shared.actor import Actor
from domain.shared.ids import EndpointId
from domain.users.permissions import Permission, may_read_event
from domain.webhooks.delivery import Attempt

LEASE = timedelta(minutes=1)
"""The duration of an endpoint's lease. A round of deliveries is always shorter."""

HELD_BACK = timedelta(minutes=5)
"""If an event is postponed, the owner's permission is checked again after this pause."""

_ACTOR = Actor(None, "worker")

AT_ONCE = 20
"""The maximum number of deliveries to one endpoint in one round."""


@dataclass(frozen=True, slots=True)
class DeliverWebhooks:
    """Send due deliveries endpoint by endpoint, and retry failed deliveries later.

    Each event is delivered at least once.

    If the endpoint's owner has no permission to read an event, the event stays in the queue without an attempt. The
    event is sent when the owner has the permission, or after the endpoint is transferred.

    Any number of workers can run at the same time. Only one worker at a time serves an endpoint, so a slow endpoint
    occupies only one worker.

    If an endpoint fails for days, the endpoint is paused.
    """

    queue: DeliveryQueue
    sender: WebhookSender
    clock: Clock
    random: Callable[[], float]
    source: str
    permissions_of: OwnerPermissions
    unit_of_work: UnitOfWorkFactory
    pause_failing_endpoint: PauseFailingEndpoint

    async def __call__(self, *, limit: int) -> int:
        """Send the due deliveries of one endpoint, and return the number of attempts.

        Raises Overloaded, DatabaseUnavailable.
        """
        now = self.clock.now()
        taken = await self.queue.take(now=now, until=now + LEASE, limit=min(limit, AT_ONCE))
        if taken is None:
            return 0
        failed = None
        try:
            permissions = await self.permissions_of(taken.owner_id)
            await self._note_rights(taken, permissions)
            attempts = await asyncio.gather(
                *(self._deliver(due, taken, permissions) for due in taken.deliveries)
            )
            made = [attempt for attempt in attempts if attempt is not None]
            failed = not any(attempt.was_heard for attempt in made) if made else None
        finally:
            await self.queue.give_back(taken, now=self.clock.now(), failed=failed)
        if failed and taken.failing_since is not None:
            await self.pause_failing_endpoint(taken.endpoint_id)
        return len(taken.deliveries)

    async def _note_rights(self, taken: Round, permissions: AbstractSet[Permission]) -> None:
        """Record that the owner has lost or regained the permission to read the events.

        If the owner has lost the permission, the admins get a notice by mail.
        """
        types = taken.event_types or EVENT_TYPES
        is_blocked = not all(may_read_event(permissions, type_) for type_ in types)
        if is_blocked == taken.is_blocked:
            return
        now = self.clock.now()
        async with self.unit_of_work(_ACTOR) as work:
            endpoint = await work.webhooks.get(taken.endpoint_id)
            if endpoint is not None and endpoint.note_rights(is_blocked=is_blocked, now=now):
                await work.webhooks.save(endpoint)
                action = (
                    AuditAction.WEBHOOK_ENDPOINT_BLOCKED
                    if is_blocked
                    else AuditAction.WEBHOOK_ENDPOINT_UNBLOCKED
                )
                work.audit.record(action, taken.endpoint_id, at=now, owner_id=str(taken.owner_id))
                if is_blocked:
                    await _add_mail_to_admins(work, taken.endpoint_id, now)
                await work.commit()

    async def _deliver(
        self, due: DueDelivery, taken: Round, permissions: AbstractSet[Permission]
    ) -> Attempt | None:
        """Attempt a delivery and return the attempt, or postpone the event and return None."""
        if not may_read_event(permissions, due.event.type):
            due.delivery.postpone(self.clock.now() + HELD_BACK)
            await self.queue.note(due.delivery)
            return None
        body = json.dumps(
            cloud_event(due.event, source=self.source), ensure_ascii=False, separators=(",", ":")
        )
        attempt = await self.sender.send(
            taken.url, taken.secrets, str(due.event.id), body, traceparent=due.event.traceparent
        )
        due.delivery.note(attempt, jitter=self.random())
        await self.queue.note(due.delivery)
        return attempt


async def _add_mail_to_admins(work: UnitOfWork, endpoint_id: EndpointId, now: datetime) -> None:
    for address in await addresses_of_admins(work):
        request = MailRequest.made(
            MailKind.WEBHOOK_ENDPOINT_BLOCKED, address, subject_id=endpoint_id, now=now
        )
        await work.mail.add(request)
