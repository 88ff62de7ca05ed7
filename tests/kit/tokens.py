from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from application.signing.ports import (
    AccessClaims,
    AccessToken,
    AccessTokens,
    InvalidToken,
    SigningKey,
    TokenExpired,
)

LIFETIME = timedelta(minutes=10)


class NumberedTokens(AccessTokens):
    """A fake token service. Each token is a number that refers to stored claims."""

    def __init__(self) -> None:
        self._issued: dict[str, tuple[AccessClaims, datetime]] = {}

    def use(self, keys: Sequence[SigningKey]) -> None:
        """Do nothing, because fake tokens are not signed."""

    def issue(self, claims: AccessClaims, *, now: datetime) -> AccessToken:
        token = f"token-{len(self._issued) + 1}"
        self._issued[token] = claims, now
        return AccessToken(token, int(LIFETIME.total_seconds()))

    def verify(self, token: str, *, now: datetime) -> AccessClaims:
        if token not in self._issued:
            raise InvalidToken
        claims, issued_at = self._issued[token]
        if now < issued_at:
            raise InvalidToken
        if now >= issued_at + LIFETIME:
            raise TokenExpired
        return claims

    def public_keys(self, *, now: datetime) -> Mapping[str, Sequence[Mapping[str, str]]]:
        return {"keys": []}
