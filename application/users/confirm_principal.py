from dataclasses import dataclass, replace

from application.clients.ports import ClientQueries
from application.shared.ports import Clock
from application.signing.ports import InvalidToken
from application.users.ports import UserQueries
from application.users.principal import ClientPrincipal, Principal, UserPrincipal
from domain.users.user import AccountDisabled, UserStatus


@dataclass(frozen=True, slots=True)
class ConfirmPrincipal:
    """Check an access token's claims against the database.

    A token is valid for some minutes. During this time, a role, account, session, client, secret or scope can be
    revoked. After this check, the principal has only rights that are not revoked.

    Public reads, reads of the caller's own data, and requests to place orders do not need this check.
    """

    users: UserQueries
    clients: ClientQueries
    clock: Clock

    async def __call__(self, principal: Principal) -> Principal:
        """Return the principal with its current role or scopes.

        Raises InvalidToken, AccountDisabled.
        """
        match principal:
            case UserPrincipal():
                return await self._confirmed_user(principal)
            case ClientPrincipal():
                return await self._confirmed_client(principal)
        raise TypeError(f"There is no such kind of principal: {type(principal).__name__}.")

    async def _confirmed_user(self, principal: UserPrincipal) -> UserPrincipal:
        state = await self.users.state_of(principal.user_id, principal.session_id, now=self.clock.now())
        if state is not None and state.status is UserStatus.DISABLED:
            raise AccountDisabled
        if state is None or state.status is not UserStatus.ACTIVE or not state.has_session:
            raise InvalidToken
        return replace(principal, role=state.role)

    async def _confirmed_client(self, principal: ClientPrincipal) -> ClientPrincipal:
        scopes = await self.clients.scopes_of(principal.client_id, principal.secret_id)
        if scopes is None:
            raise InvalidToken
        return replace(principal, scopes=principal.scopes & scopes)
