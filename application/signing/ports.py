"""Access tokens, and the signing keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.audit.entry import AuditEntry
from application.users.principal import Principal
from domain.shared.errors import DomainError


class InvalidToken(DomainError):
    """The access token was not issued by this service, or is not intended for this service."""

    code = "invalid_token"

    def __init__(self) -> None:
        super().__init__("The access token is not valid. Log in again.")


class UnknownSigningKey(InvalidToken):
    """The token names an unknown signing key, which another process may just have created."""


class TokenExpired(DomainError):
    """The access token has expired."""

    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("The access token has expired. Log in again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """The claims of an access token (RFC 9068, section 2.2).

    `client_id` is the client to which the token was issued. For a service client, `client_id` is also the subject.
    """

    bearer: Principal
    client_id: str
    token_id: UUID
    scope: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token and its lifetime in seconds. Never log the token."""

    token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair. `private_pem` is a secret in the format PKCS #8.

    The key signs tokens from `signs_from` until a later key begins to sign. The key verifies tokens until
    `verifies_until`. If `verifies_until` is None, the key verifies tokens forever.
    """

    kid: str
    private_pem: bytes = field(repr=False)
    signs_from: datetime
    verifies_until: datetime | None = None


class SigningKeys(Protocol):
    async def all(self) -> Sequence[SigningKey]:
        """Return all signing keys, sorted by `signs_from`, the latest first."""
        ...


class SigningKeyStore(SigningKeys, Protocol):
    """Signing keys in the database."""

    async def add_first(self, key: SigningKey) -> None:
        """Store the key if no key is stored yet.

        If several processes call this method at the same time, only one key is stored.
        """
        ...

    async def rotate(
        self, key: SigningKey, *, former_until: datetime, now: datetime, entries: Sequence[AuditEntry]
    ) -> None:
        """Store the key, and delete keys that no longer verify tokens.

        After `former_until`, no former key verifies tokens. The audit entries are written in the same transaction.
        """
        ...


class SigningKeyFactory(Protocol):
    def __call__(self, signs_from: datetime) -> SigningKey:
        """Return a new signing key."""
        ...


class AccessTokens(Protocol):
    def use(self, keys: Sequence[SigningKey]) -> None:
        """Replace the signing keys that this process uses.

        Every key verifies tokens. One key signs tokens: the latest key whose `signs_from` has passed.

        If a key is unusable, raises ValueError, and the former keys stay in use.
        """
        ...

    def issue(self, claims: AccessClaims, *, now: datetime) -> AccessToken:
        """Sign a token that is valid from `now` on."""
        ...

    def verify(self, token: str, *, now: datetime) -> AccessClaims:
        """Verify a token and return its claims.

        Raises InvalidToken, UnknownSigningKey, TokenExpired.
        """
        ...

    def public_keys(self, *, now: datetime) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """Return the JSON Web Key Set (RFC 7517) for verifiers.

        The set also contains keys that do not sign tokens yet.
        """
        ...
