from dataclasses import dataclass

from application.shared.ports import Clock
from application.signing.ports import AccessTokens, UnknownSigningKey
from application.signing.reload_keys import ReloadKeys
from application.users.principal import Principal


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Authenticate the caller by the access token."""

    tokens: AccessTokens
    reload_keys: ReloadKeys
    clock: Clock

    async def __call__(self, token: str) -> Principal:
        """Return the principal that the token names. Raises InvalidToken, TokenExpired."""
        now = self.clock.now()
        try:
            claims = self.tokens.verify(token, now=now)
        except UnknownSigningKey:
            await self.reload_keys.unless_just_done()
            claims = self.tokens.verify(token, now=now)
        return claims.bearer
