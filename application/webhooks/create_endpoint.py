from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.idempotency import IdempotencyKey, IdempotentOperation, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import find_replay, store_result
from application.shared.secrets import SecretBox
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.one_time_secrets import SECRET_BYTES, OneTimeSecrets, with_secret
from application.webhooks.subscriptions import readable_event_types
from application.webhooks.views import NewEndpointView
from domain.shared.actor import Actor
from domain.shared.ids import EndpointId
from domain.users.permissions import Permission
from domain.webhooks.endpoint import WebhookEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEndpointCommand:
    """The command to create an endpoint, which the actor will own.

    `permissions` are the actor's permissions. If `event_types` is empty, the endpoint receives all event types that
    the owner may read.
    """

    url: str
    event_types: Sequence[str]
    description: str = ""
    permissions: AbstractSet[Permission]
    actor: Actor
    key: IdempotencyKey | None


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Subscribe a URL to new events of all types or of some types.

    Events are sent as CloudEvents. The messages are signed with the endpoint's secret, as Standard Webhooks
    specifies.

    The secret is shown only in the response, and in the response to a retry with the same idempotency key. If the
    service has no encryption key, the response to the retry contains null instead of the secret.

    If the receiver does not return a 2xx response, the delivery is retried for about three days. An event can
    arrive more than once, with the same `webhook-id`.

    The caller owns the endpoint. An event is sent only if the owner may read the event at that time.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    random_bytes: Callable[[int], bytes]
    secret_box: SecretBox
    allow_plain_http: bool

    async def __call__(self, command: CreateEndpointCommand) -> IdempotentResult[NewEndpointView]:
        """Return the endpoint with its secret.

        Raises Forbidden, ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight.
        """
        secrets = OneTimeSecrets(self.secret_box, IdempotentOperation.CREATE_WEBHOOK_ENDPOINT)
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, NewEndpointView, current=secrets.open):
                return replay
            view = await self._create(work, command)
            await store_result(work, command.key, secrets.seal(view))
        return IdempotentResult(view)

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
        return with_secret(endpoint)
