from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

from application.audit.entry import AuditAction
from application.shared.idempotency import IdempotencyKey, IdempotentOperation, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import find_replay, store_result
from application.shared.secrets import SecretBox
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.one_time_secrets import SECRET_BYTES, OneTimeSecrets, with_secret
from application.webhooks.views import NewEndpointView
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden, NotFound
from domain.shared.ids import EndpointId
from domain.users.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class RollEndpointSecretCommand:
    """The command to replace an endpoint's secret. `permissions` are the actor's permissions.

    `overlap` is the duration for which the former secret also signs messages.
    """

    endpoint_id: EndpointId
    overlap: timedelta
    permissions: AbstractSet[Permission]
    actor: Actor
    key: IdempotencyKey | None


@dataclass(frozen=True, slots=True)
class RollEndpointSecret:
    """Replace the signing secret of a webhook endpoint.

    During the overlap, messages are signed with both secrets, as Standard Webhooks permits. The receiver can
    replace its secret at any time during the overlap. If there is no overlap, only the new secret signs messages.
    If an earlier overlap is still running, it ends immediately.

    The new secret is shown only in the response, and in the response to a retry with the same idempotency key. If
    the service has no encryption key, the response to the retry contains null instead of the secret.

    Only the owner and admins may replace the secret, because the receiver trusts messages that are signed with the
    secret.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    random_bytes: Callable[[int], bytes]
    secret_box: SecretBox

    async def __call__(self, command: RollEndpointSecretCommand) -> IdempotentResult[NewEndpointView]:
        """Return the endpoint with its new secret.

        Raises NotFound, Forbidden, ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight.
        """
        secrets = OneTimeSecrets(self.secret_box, IdempotentOperation.ROLL_WEBHOOK_SECRET)
        async with self.unit_of_work(command.actor) as work:
            if replay := await find_replay(work, command.key, NewEndpointView, current=secrets.open):
                return replay
            view = await self._roll(work, command)
            await store_result(work, command.key, secrets.seal(view))
        return IdempotentResult(view)

    async def _roll(self, work: UnitOfWork, command: RollEndpointSecretCommand) -> NewEndpointView:
        endpoint = await work.webhooks.get(command.endpoint_id)
        if endpoint is None:
            raise NotFound("There is no such webhook endpoint.")
        is_admin = Permission.TRANSFER_WEBHOOKS in command.permissions
        if not is_admin and (endpoint.owner_id is None or endpoint.owner_id != command.actor.id):
            raise Forbidden("Only the owner of the endpoint and admins may roll its secret.")
        now = self.clock.now()
        endpoint.roll_secret(self.random_bytes(SECRET_BYTES), overlap=command.overlap, now=now)
        await work.webhooks.save(endpoint)
        work.audit.record(
            AuditAction.WEBHOOK_ENDPOINT_SECRET_ROLLED,
            endpoint.id,
            at=now,
            overlap_hours=int(command.overlap.total_seconds()) // 3600,
        )
        return with_secret(endpoint)
