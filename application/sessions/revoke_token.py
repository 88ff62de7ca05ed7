from dataclasses import dataclass

from application.shared.clock import Clock
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.users.ports import AccessTokens, InvalidToken, TokenExpired
from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken
from domain.sessions.session import Session


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Log out with a token in hand (RFC 7009): a refresh token or an access token ends the session that it is of.

    Nothing is told of a token that is not known: it is revoked already.
    """

    unit_of_work: UnitOfWorkFactory
    tokens: AccessTokens
    clock: Clock

    async def __call__(self, token: str) -> None:
        async with self.unit_of_work() as work:
            session = await self._session_of(token, work)
            if session is not None:
                await work.sessions.remove([session])
                await work.commit()

    async def _session_of(self, token: str, work: UnitOfWork) -> Session | None:
        try:
            return await work.sessions.find_by_family(RefreshToken.parse(token).family_hash)
        except InvalidRefreshToken:
            pass
        try:
            claims = self.tokens.verify(token, now=self.clock.now())
        except (InvalidToken, TokenExpired):
            return None
        return await work.sessions.get(claims.session_id)
