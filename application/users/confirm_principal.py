from dataclasses import dataclass, replace

from application.clients.ports import ClientQueries
from application.shared.clock import Clock
from application.users.ports import InvalidToken, UserQueries
from application.users.principal import ClientPrincipal, Principal, UserPrincipal
from domain.users.user import AccountDisabled, UserStatus


@dataclass(frozen=True, slots=True)
class ConfirmPrincipal:
    """Ask the database whether what an access token says is still so.

    A token is believed for some minutes. What moves money or administers the shop does not wait for that: who has
    lost a role, an account or a session has lost it at once, and a client with a secret that was retired has as well.
    """

    users: UserQueries
    clients: ClientQueries
    clock: Clock

    async def __call__(self, principal: Principal) -> Principal:
        """Return the principal with the role that they have now. Raise InvalidToken, AccountDisabled."""
        match principal:
            case UserPrincipal():
                return await self._confirmed_user(principal)
            case ClientPrincipal(client_id, secret_id):
                if not await self.clients.has_secret(client_id, secret_id):
                    raise InvalidToken
        return principal

    async def _confirmed_user(self, principal: UserPrincipal) -> UserPrincipal:
        standing = await self.users.standing(principal.user_id, principal.session_id, now=self.clock.now())
        if standing is not None and standing.status is UserStatus.DISABLED:
            raise AccountDisabled
        if standing is None or standing.status is not UserStatus.ACTIVE or not standing.session_lasts:
            raise InvalidToken
        return replace(principal, role=standing.role)
