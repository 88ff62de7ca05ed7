"""Access tokens and the keys that sign them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.audit.entry import AuditEntry
from application.users.principal import Principal
from domain.shared.errors import DomainError


class InvalidToken(DomainError):
    """The access token is not one of ours, or not meant for us."""

    code = "invalid_token"

    def __init__(self) -> None:
        super().__init__("The access token is not valid. Log in again.")


class UnknownSigningKey(InvalidToken):
    """The token names a key that is not known here: nobody's, or one that was made a moment ago."""


class TokenExpired(DomainError):
    """The access token was valid once."""

    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("The access token has expired. Log in again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What an access token says of its bearer (RFC 9068, section 2.2).

    `client_id` names the program that has got the token; a client that acts for itself is its bearer, too.
    """

    bearer: Principal
    client_id: str
    token_id: UUID
    scope: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token (a secret: never in a log) and the seconds for which it is valid."""

    token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair: `private_pem` is PKCS #8, a secret.

    It signs from `signs_from` until a later one does, and verifies until `verifies_until`: as long as it is kept, if
    that is None.
    """

    kid: str
    private_pem: bytes = field(repr=False)
    signs_from: datetime
    verifies_until: datetime | None = None


class SigningKeys(Protocol):
    async def all(self) -> Sequence[SigningKey]:
        """Return every key, the one that signs last first."""
        ...


class SigningKeyStore(SigningKeys, Protocol):
    """Keys that the service makes for itself."""

    async def add_first(self, key: SigningKey) -> None:
        """Keep the key if there is none yet; of several processes, one wins."""
        ...

    async def rotate(
        self, key: SigningKey, *, former_until: datetime, now: datetime, entries: Sequence[AuditEntry]
    ) -> None:
        """Keep the key, let every former one verify until `former_until` at most, and forget those past it.

        The audit log gets the entries with it, or nothing happens.
        """
        ...


class SigningKeyFactory(Protocol):
    def __call__(self, signs_from: datetime) -> SigningKey:
        """Return a fresh key."""
        ...


class AccessTokens(Protocol):
    def use(self, keys: Sequence[SigningKey]) -> None:
        """Sign with the first key that has begun to, verify with each. Raises ValueError, and keeps the former ones."""
        ...

    def issue(self, claims: AccessClaims, *, now: datetime) -> AccessToken:
        """Sign a token that is valid from `now` on."""
        ...

    def verify(self, token: str, *, now: datetime) -> AccessClaims:
        """Return what a token of ours says. Raises InvalidToken, UnknownSigningKey, TokenExpired."""
        ...

    def public_keys(self, *, now: datetime) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """Return the JSON Web Key Set (RFC 7517) with which others can verify, also what will be signed soon."""
        ...
