"""Service clients: programs with their own secrets and permissions."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from domain.clients.secret import ClientSecret
from domain.shared.errors import DomainError, NotFound, ValidationFailed, Violation
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope

MAX_SECRETS = 2
"""The maximum number of secrets of a client: the current secret and its successor.

Both secrets are valid, so that the instances of the client can switch to the successor one after the other.
"""

MAX_NAME_LENGTH = 100


class TooManySecrets(DomainError):
    """The client already has two secrets."""

    code = "too_many_secrets"

    def __init__(self) -> None:
        super().__init__("The client has two secrets. Retire the one that is not used any more first.")


class ClientDisabled(DomainError):
    """The client was disabled. A disabled client stays disabled."""

    code = "client_disabled"

    def __init__(self) -> None:
        super().__init__("This client has been disabled. Create another one.")


class InvalidScope(DomainError):
    """The requested scope is unknown, or the client does not have it (RFC 6749, section 5.2)."""

    code = "invalid_scope"

    def __init__(self) -> None:
        super().__init__("A scope is not one of this service, or the client is not allowed it.")


@dataclass(slots=True, kw_only=True, eq=False)
class ServiceClient:
    """A program that acts for itself and not for a user (RFC 6749, section 4.4).

    The `scopes` determine the client's permissions. The client usually has one secret. It has two secrets while a
    secret is being replaced, and no secret after its last secret was retired. `name` is shown to people. A client is
    never deleted, because histories refer to its id.
    """

    id: ClientId
    name: str
    scopes: frozenset[Scope]
    secrets: list[ClientSecret] = field(repr=False)
    created_at: datetime
    disabled_at: datetime | None = None

    @classmethod
    def create(
        cls,
        *,
        id: ClientId,  # noqa: A002 - the parameter has the name of the field
        name: str,
        scopes: Collection[Scope],
        secret: ClientSecret,
        now: datetime,
    ) -> Self:
        """Create a client. Raises ValidationFailed for an invalid name or an empty list of scopes."""
        if not (0 < len(name) <= MAX_NAME_LENGTH and name.isprintable() and name == name.strip()):
            _refuse("name", f"A name has 1 to {MAX_NAME_LENGTH} characters that can be shown.")
        if not scopes:
            _refuse("scopes", "A client has one scope at least: without any it may do nothing.")
        return cls(id=id, name=name, scopes=frozenset(scopes), secrets=[secret], created_at=now)

    def secret_with(self, shown_hash: bytes) -> ClientSecret | None:
        """Return the valid secret with this hash, or None."""
        return next((secret for secret in self.secrets if secret.is_hash(shown_hash)), None)

    def granted(self, asked: str) -> frozenset[Scope]:
        """Return the requested scopes, or all scopes of the client if no scope is requested.

        The requested scopes are separated by spaces (RFC 6749, section 3.3). Raises InvalidScope.
        """
        names = set(asked.split(" ")) - {""}
        if not names <= self.scopes:
            raise InvalidScope
        return frozenset(map(Scope, names)) or self.scopes

    def roll(self, secret: ClientSecret) -> None:
        """Add a secret. The former secret stays valid until it is retired.

        Raises TooManySecrets, ClientDisabled.
        """
        if self.disabled_at is not None:
            raise ClientDisabled
        if len(self.secrets) == MAX_SECRETS:
            raise TooManySecrets
        self.secrets.append(secret)

    def retire(self, secret_id: SecretId) -> None:
        """Retire a secret and invalidate every token that was issued for this secret. Raises NotFound."""
        remaining = [secret for secret in self.secrets if secret.id != secret_id]
        if len(remaining) == len(self.secrets):
            raise NotFound("The client has no such secret.")
        self.secrets = remaining

    def disable(self, *, now: datetime) -> None:
        """Permanently disable the client."""
        if self.disabled_at is None:
            self.disabled_at = now
        self.secrets = []


def _refuse(field_name: str, detail: str) -> None:
    raise ValidationFailed(
        "The client cannot be created.", violations=[Violation((field_name,), "unacceptable", detail)]
    )
