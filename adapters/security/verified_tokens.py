"""Access tokens whose signatures were checked before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from adapters.security.keys import JsonWebKey
from adapters.security.tokens import Ed25519AccessTokens
from application.signing.ports import AccessClaims, AccessToken, AccessTokens, SigningKey


class RememberedAccessTokens(AccessTokens):
    """Checks each signature once and the time at every use, for clients send the same token again and again.

    The `capacity` tokens used last are remembered, none that was refused, and none once the keys have changed.
    """

    def __init__(self, tokens: Ed25519AccessTokens, *, capacity: int = 10_000) -> None:
        self._tokens = tokens
        self._keys: Sequence[SigningKey] = ()
        self._read = lru_cache(capacity)(tokens.read)

    def use(self, keys: Sequence[SigningKey]) -> None:
        """Hand other keys on, and forget what the former ones verified. Raises ValueError, and keeps those.

        Keys are read again several times a minute, and hardly ever are others: nothing is forgotten then.
        """
        if list(keys) == list(self._keys):
            return
        self._tokens.use(keys)
        self._keys = keys
        self._read.cache_clear()

    def issue(self, claims: AccessClaims, *, now: datetime) -> AccessToken:
        return self._tokens.issue(claims, now=now)

    def verify(self, token: str, *, now: datetime) -> AccessClaims:
        return self._read(token).at(now)

    def public_keys(self, *, now: datetime) -> Mapping[str, Sequence[JsonWebKey]]:
        return self._tokens.public_keys(now=now)
