from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from application.audit.entry import AuditAction
from application.events.event_types import EVENT_TYPES
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from application.webhooks.owner_permissions import OwnerPermissions
from application.webhooks.queries import GetEndpoint
from application.webhooks.subscriptions import readable_event_types
from application.webhooks.views import EndpointView
from domain.shared.actor import Actor
from domain.shared.errors import Forbidden, NotFound, PreconditionFailed
from domain.shared.ids import EndpointId
from domain.shared.unset import Unset
from domain.users.permissions import Permission, may_read_event
from domain.webhooks.endpoint import EndpointChanges


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEndpointCommand:
    """The command to change an endpoint. `permissions` are the actor's permissions.

    `expected_version` is the version that the editor read.
    """

    endpoint_id: EndpointId
    expected_version: int
    changes: EndpointChanges
    permissions: AbstractSet[Permission]
    actor: Actor


@dataclass(frozen=True, slots=True)
class ChangeEndpoint:
    """Change the URL, event types or description of an endpoint, or pause or resume the endpoint.

    The caller needs the permission to read all events that the endpoint receives after the change. If the change
    adds event types, the endpoint's owner needs the permission to read events of these types.

    While an endpoint is paused, its events wait. When the endpoint is resumed, the waiting events are sent.

    If the URL changes, waiting events are sent to the new URL. If an event type is removed, waiting events of this
    type are still sent.
    """

    unit_of_work: UnitOfWorkFactory
    get_endpoint: GetEndpoint
    permissions_of: OwnerPermissions
    clock: Clock
    allow_plain_http: bool

    async def __call__(self, command: ChangeEndpointCommand) -> EndpointView:
        """Return the changed endpoint.

        Raises NotFound, Forbidden, PreconditionFailed, ValidationFailed.
        """
        seen = await self.get_endpoint(command.endpoint_id)
        changes = await self._permitted(command, seen)
        async with self.unit_of_work(command.actor) as work:
            endpoint = await work.webhooks.get(command.endpoint_id)
            if endpoint is None:
                raise NotFound("There is no such webhook endpoint.")
            endpoint.ensure_unchanged_since(command.expected_version)
            # A process of the former release can transfer an endpoint without a change of the version. The owners are
            # therefore compared as well.
            if (endpoint.owner_id, endpoint.version) != (seen.owner_id, seen.version):
                raise PreconditionFailed(endpoint.version)
            now = self.clock.now()
            endpoint.change(changes, allow_plain_http=self.allow_plain_http, now=now)
            await work.webhooks.save(endpoint)
            work.audit.record(AuditAction.WEBHOOK_ENDPOINT_CHANGED, endpoint.id, at=now, host=endpoint.host)
            await work.commit()
        return EndpointView.of(endpoint)

    async def _permitted(self, command: ChangeEndpointCommand, seen: EndpointView) -> EndpointChanges:
        """Return the changes if caller and owner have the needed permissions. Raises Forbidden."""
        changes = command.changes
        if not isinstance(changes.event_types, Unset):
            owner = await self.permissions_of(seen.owner_id)
            types = readable_event_types(changes.event_types, command.permissions, owner)
            return replace(changes, event_types=types)
        if not all(may_read_event(command.permissions, type_) for type_ in seen.event_types or EVENT_TYPES):
            raise Forbidden("You cannot change an endpoint whose events you may not read.")
        return changes
