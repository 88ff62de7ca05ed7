from dataclasses import dataclass

from application.shared.clock import Clock
from application.signing.reload_keys import ReloadKeys
from application.users.ports import AccessTokens, UnknownSigningKey
from domain.shared.errors import Forbidden
from domain.shared.ids import SessionId, UserId
from domain.users.permissions import PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as their access token says."""

    user_id: UserId
    role: Role
    session_id: SessionId

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]

    def ensure(self, permission: Permission) -> None:
        """Raise Forbidden unless the role has the permission."""
        if not self.may(permission):
            raise Forbidden("Your role does not permit this.")

    def only_own_without(self, permission: Permission) -> UserId | None:
        """Return the one user whose objects may be seen, or None where those of everybody may."""
        return None if self.may(permission) else self.user_id


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Tell who is asking from the access token that they bear."""

    tokens: AccessTokens
    reload_keys: ReloadKeys
    clock: Clock

    async def __call__(self, token: str) -> Principal:
        """Raise InvalidToken or TokenExpired."""
        now = self.clock.now()
        try:
            claims = self.tokens.verify(token, now=now)
        except UnknownSigningKey:
            await self.reload_keys.unless_just_done()
            claims = self.tokens.verify(token, now=now)
        return Principal(claims.user_id, claims.role, claims.session_id)
