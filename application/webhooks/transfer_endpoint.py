from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.events.event_types import EVENT_TYPES
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock
from application.shared.run_once import find_replay, run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.webhooks.owner_permissions import OwnerPermissions
from application.webhooks.queries import GetEndpoint
from application.webhooks.views import EndpointView
from domain.shared.actor import Actor
from domain.shared.errors import NotFound, ValidationFailed, Violation
from domain.shared.ids import ClientId, EndpointId, UserId
from domain.users.permissions import may_read_event


@dataclass(frozen=True, slots=True)
class TransferEndpoint:
    """Give a webhook endpoint another owner.

    The new owner must be an active user or an enabled client. The new owner needs the permission to read all events
    of the endpoint.

    If the former owner lost the permission to read some events, these events are still waiting. After the transfer,
    these events are sent within five minutes.
    """

    unit_of_work: UnitOfWorkFactory
    get_endpoint: GetEndpoint
    permissions_of: OwnerPermissions
    clock: Clock

    async def __call__(
        self,
        endpoint_id: EndpointId,
        *,
        owner_id: UserId | ClientId,
        key: IdempotencyKey | None,
        actor: Actor,
    ) -> IdempotentResult[EndpointView]:
        """Return the endpoint.

        Raises NotFound, ValidationFailed, IdempotencyKeyReused, IdempotencyInFlight.
        """
        async with self.unit_of_work(actor) as work:
            if replay := await find_replay(work, key, EndpointView):
                return replay
        await self._ensure_permitted(endpoint_id, owner_id)
        async with self.unit_of_work(actor) as work:
            return await run_once(
                work, key, EndpointView, lambda: self._transfer(work, endpoint_id, owner_id)
            )

    async def _ensure_permitted(self, endpoint_id: EndpointId, owner_id: UserId | ClientId) -> None:
        endpoint = await self.get_endpoint(endpoint_id)
        permissions = await self.permissions_of(owner_id)
        if not all(may_read_event(permissions, type_) for type_ in endpoint.event_types or EVENT_TYPES):
            raise ValidationFailed(
                "The endpoint cannot be transferred to this owner.",
                violations=[
                    Violation(
                        ("owner_id",), "unacceptable", "The owner must be permitted to read its events."
                    )
                ],
            )

    async def _transfer(
        self, work: UnitOfWork, endpoint_id: EndpointId, owner_id: UserId | ClientId
    ) -> EndpointView:
        endpoint = await work.webhooks.get(endpoint_id)
        if endpoint is None:
            raise NotFound("There is no such webhook endpoint.")
        endpoint.transfer(owner_id)
        await work.webhooks.save(endpoint)
        work.audit.record(
            AuditAction.WEBHOOK_ENDPOINT_TRANSFERRED,
            endpoint_id,
            at=self.clock.now(),
            owner_id=str(owner_id),
        )
        return EndpointView.of(endpoint)
