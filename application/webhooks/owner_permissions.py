from dataclasses import dataclass

from application.clients.ports import ClientQueries
from application.users.ports import UserQueries
from domain.shared.ids import ClientId, UserId
from domain.users.permissions import PERMISSIONS, Permission, permissions_of
from domain.users.user import UserStatus


@dataclass(frozen=True, slots=True)
class OwnerPermissions:
    """Find the current permissions of an endpoint's owner.

    A disabled, closed or unknown owner has no permissions.

    Earlier releases did not record the owners of endpoints. An endpoint without an owner belongs to the shop's
    admins.
    """

    users: UserQueries
    clients: ClientQueries

    async def __call__(self, owner_id: UserId | ClientId | None) -> frozenset[Permission]:
        if owner_id is None:
            return frozenset(Permission)
        user = await self.users.get(UserId(owner_id))
        if user is not None:
            return PERMISSIONS[user.role] if user.status is UserStatus.ACTIVE else frozenset()
        client = next((one for one in await self.clients.all() if one.id == owner_id), None)
        if client is None or client.disabled_at is not None:
            return frozenset()
        return permissions_of(client.scopes)
