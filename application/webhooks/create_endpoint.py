from base64 import b64encode
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, replace

from application.audit.entry import AuditAction
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ids import IdFactory
from application.shared.run_once import find_replay, store_result
from application.shared.secrets import SecretBox, SecretNotReadable
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.subscriptions import readable_event_types
from application.webhooks.views import EndpointView, NewEndpointView
from domain.shared.actor import Actor
from domain.shared.ids import EndpointId
from domain.users.permissions import Permission
from domain.webhooks.endpoint import WebhookEndpoint

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEndpointCommand:
    """No `event_types` are all of them that the `permissions` of the owner, who is the actor, allow to read."""

    url: str
    event_types: Sequence[str]
    description: str = ""
    permissions: AbstractSet[Permission]
    actor: Actor
    key: IdempotencyKey | None


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Subscribe a URL to all new events or to those of some types.

    Events are sent as CloudEvents, signed by Standard Webhooks with the secret of this response. The secret is shown
    only once, and to a retry with the same key; there it is null if the service has no key to encrypt it. A delivery
    without a 2xx response is retried for about three days. An event can arrive more than once, with the same
    `webhook-id`.

    The caller owns the endpoint. It receives only events that its owner may read when they are sent.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    random_bytes: Callable[[int], bytes]
    secret_box: SecretBox
    allow_plain_http: bool

    async def __call__(self, command: CreateEndpointCommand) -> IdempotentResult[NewEndpointView]:
        """Raise Forbidden, ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight."""
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, NewEndpointView, current=self._opened):
                return replay
            view = await self._create(work, command)
            await store_result(work, command.key, self._sealed(view))
        return IdempotentResult(view)

    def _sealed(self, view: NewEndpointView) -> NewEndpointView:
        sealed = self.secret_box.seal(view.secret, context=_context(view)) if view.secret else None
        return replace(view, secret=sealed)

    async def _opened(self, stored: NewEndpointView) -> NewEndpointView:
        if stored.secret is None:
            return stored
        try:
            return replace(stored, secret=self.secret_box.open(stored.secret, context=_context(stored)))
        except SecretNotReadable:
            return replace(stored, secret=None)

    async def _create(self, work: UnitOfWork, command: CreateEndpointCommand) -> NewEndpointView:
        endpoint = WebhookEndpoint.create(
            id=EndpointId(self.ids.new()),
            url=command.url,
            event_types=readable_event_types(command.event_types, command.permissions),
            description=command.description,
            secret=self.random_bytes(SECRET_BYTES),
            allow_plain_http=self.allow_plain_http,
            owner_id=command.actor.id,
            now=self.clock.now(),
        )
        await work.webhooks.add(endpoint)
        work.audit.record(
            AuditAction.WEBHOOK_ENDPOINT_CREATED, endpoint.id, at=endpoint.created_at, host=endpoint.host
        )
        secret = f"whsec_{b64encode(endpoint.secret).decode()}"
        return NewEndpointView(**asdict(EndpointView.of(endpoint)), secret=secret)


def _context(view: NewEndpointView) -> str:
    return f"idempotency:create_webhook_endpoint:{view.id}"
