from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.clock import Clock
from application.unit_of_work import UnitOfWorkFactory
from application.users.authenticate import Authenticate
from application.users.ports import InvalidToken, TokenExpired
from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken
from domain.shared.actor import Actor
from domain.shared.ids import SessionId


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Log out with a token in hand (RFC 7009): a refresh token or an access token ends the session that it is of.

    Nothing is told of a token that is not known: it is revoked already.
    """

    unit_of_work: UnitOfWorkFactory
    authenticate: Authenticate
    clock: Clock

    async def __call__(self, token: str, *, by: Actor) -> None:
        """`by` names the request: the token alone shows that it is rightful. Raise Overloaded, DatabaseUnavailable."""
        family_hash = _family_of(token)
        session_id = None if family_hash else await self._session_named_by(token)
        async with self.unit_of_work(by) as work:
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
            return (await self.authenticate(access_token)).session_id
        except (InvalidToken, TokenExpired):
            return None


def _family_of(refresh_token: str) -> bytes | None:
    try:
        return RefreshToken.parse(refresh_token).family_hash
    except InvalidRefreshToken:
        return None
