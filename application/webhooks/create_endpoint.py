from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ids import IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.views import NewEndpointView
from domain.shared.actor import Actor
from domain.shared.ids import EndpointId
from domain.webhooks.endpoint import WebhookEndpoint

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEndpointCommand:
    """No `event_types` are all of them."""

    url: str
    event_types: Sequence[str]
    actor: Actor
    key: IdempotencyKey | None


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Have events sent to an address, all of them or those of some types, from now on.

    They come as CloudEvents, signed by Standard Webhooks with the secret of this answer, which is shown only once. What is not
    answered with 2xx is sent again, for some three days. An event may come more than once, with the same `webhook-id`.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    random_bytes: Callable[[int], bytes]
    allow_plain_http: bool

    async def __call__(self, command: CreateEndpointCommand) -> IdempotentResult[NewEndpointView]:
        """Raise ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight."""
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, NewEndpointView, lambda: self._create(work, command))

    async def _create(self, work: UnitOfWork, command: CreateEndpointCommand) -> NewEndpointView:
        endpoint = WebhookEndpoint.create(
            id=EndpointId(self.ids.new()),
            url=command.url,
            event_types=command.event_types,
            secret=self.random_bytes(SECRET_BYTES),
            allow_plain_http=self.allow_plain_http,
            now=self.clock.now(),
        )
        await work.webhooks.add(endpoint)
        work.audit.record(
            AuditAction.WEBHOOK_ENDPOINT_CREATED, endpoint.id, at=endpoint.created_at, host=endpoint.host
        )
        return NewEndpointView(
            id=endpoint.id,
            url=endpoint.url,
            event_types=endpoint.event_types,
            created_at=endpoint.created_at,
            secret=f"whsec_{b64encode(endpoint.secret).decode()}",
        )
