from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from application.mail.recipients import address_of, addresses_of_admins
from application.mail.request import MailKind, MailRequest
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.ids import EndpointId, UserId
from domain.users.email_address import EmailAddress
from domain.webhooks.endpoint import WebhookEndpoint

_ACTOR = Actor(None, "worker")


@dataclass(frozen=True, slots=True)
class PauseFailingEndpoint:
    """Pause an endpoint whose deliveries have failed for the duration `after`.

    The owner gets a notice by mail. If the owner is a client or is no longer an active user, the active admins get
    the notice instead.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    after: timedelta

    async def __call__(self, endpoint_id: EndpointId) -> None:
        async with self.unit_of_work(_ACTOR) as work:
            endpoint = await work.webhooks.get(endpoint_id)
            now = self.clock.now()
            if endpoint is None or not endpoint.has_failed_for(self.after, now=now):
                return
            # The former release does not clear `failing_since` after a success. A process of that release can run
            # at the same time.
            if endpoint.failing_since and await work.webhooks.has_delivered_since(
                endpoint_id, endpoint.failing_since
            ):
                endpoint.failing_since = None
                await work.webhooks.save(endpoint)
                await work.commit()
                return
            endpoint.pause_failing(now=now)
            await work.webhooks.save(endpoint)
            for address in await self._addresses(work, endpoint):
                request = MailRequest.made(
                    MailKind.WEBHOOK_ENDPOINT_PAUSED, address, subject_id=endpoint_id, now=now
                )
                await work.mail.add(request)
            await work.commit()

    async def _addresses(self, work: UnitOfWork, endpoint: WebhookEndpoint) -> Sequence[EmailAddress]:
        if endpoint.owner_id is not None:
            owner = await address_of(UserId(endpoint.owner_id), work)
            if owner is not None:
                return [owner]
        return await addresses_of_admins(work)
