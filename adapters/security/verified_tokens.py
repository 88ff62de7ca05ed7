"""A cache of access tokens with verified signatures."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from adapters.security.keys import JsonWebKey
from adapters.security.tokens import Ed25519AccessTokens
from application.signing.ports import AccessClaims, AccessToken, AccessTokens, SigningKey


class RememberedAccessTokens(AccessTokens):
    """A verifier that checks the signature of a token only once, and the expiry at every use.

    Clients send the same token many times. The cache contains the `capacity` most recently used valid tokens,
    and is cleared when the keys change.
    """

    def __init__(self, tokens: Ed25519AccessTokens, *, capacity: int = 10_000) -> None:
        self._tokens = tokens
        self._keys: Sequence[SigningKey] = ()
        self._read = lru_cache(capacity)(tokens.read)

    def use(self, keys: Sequence[SigningKey]) -> None:
        """Replace the keys. Clear the cache if the keys have changed.

        Raises ValueError for invalid keys. The former keys then stay in use.

        This method is called several times a minute, but the keys rarely change.
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
