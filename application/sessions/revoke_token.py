from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.ports import Clock
from application.signing.ports import InvalidToken, TokenExpired
from application.unit_of_work import UnitOfWorkFactory
from application.users.authenticate import Authenticate
from application.users.principal import UserPrincipal
from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken
from domain.shared.actor import Actor
from domain.shared.errors import DomainError
from domain.shared.ids import SessionId


class UnrevocableToken(DomainError):
    """The token of a service client has no session to end (RFC 7009, section 2.2.1)."""

    code = "unsupported_token_type"

    def __init__(self) -> None:
        super().__init__("The token of a client is revoked with its secret, which is retired by an operator.")


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Revoke a refresh token or an access token (RFC 7009), and end the token's session.

    If the token is unknown, the request succeeds without a change.

    If the token belongs to a service client, the request is rejected and the token stays valid. Tokens of service
    clients have no session that could be ended.
    """

    unit_of_work: UnitOfWorkFactory
    authenticate: Authenticate
    clock: Clock

    async def __call__(self, token: str, *, actor: Actor) -> None:
        """Revoke the token. `actor` has no id, because the caller is not authenticated.

        Raises UnrevocableToken, Overloaded, DatabaseUnavailable.
        """
        family_hash = _family_of(token)
        session_id = None if family_hash else await self._session_named_by(token)
        async with self.unit_of_work(actor) as work:
            if family_hash:
                session = await work.sessions.find_by_family(family_hash)
            else:
                session = await work.sessions.get(session_id) if session_id else None
            if session is not None:
                await work.sessions.remove([session])
                work.audit.record(
                    AuditAction.SESSION_ENDED, session.id, at=self.clock.now(), user_id=str(session.user_id)
                )
                await work.commit()

    async def _session_named_by(self, access_token: str) -> SessionId | None:
        try:
            bearer = await self.authenticate(access_token)
        except (InvalidToken, TokenExpired):
            return None
        if not isinstance(bearer, UserPrincipal):
            raise UnrevocableToken
        return bearer.session_id


def _family_of(refresh_token: str) -> bytes | None:
    try:
        return RefreshToken.parse(refresh_token).family_hash
    except InvalidRefreshToken:
        return None
