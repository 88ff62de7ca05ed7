"""A program with access of its own."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from domain.clients.secret import ClientSecret
from domain.shared.errors import DomainError, NotFound, ValidationFailed, Violation
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope

MAX_SECRETS = 2
"""One that is used, and the next one while it is being introduced."""

MAX_NAME_LENGTH = 100


class TooManySecrets(DomainError):
    """The client has as many secrets as are needed to replace one by another."""

    code = "too_many_secrets"

    def __init__(self) -> None:
        super().__init__("The client has two secrets. Retire the one that is not used any more first.")


class ClientDisabled(DomainError):
    """The client was disabled, which is for good."""

    code = "client_disabled"

    def __init__(self) -> None:
        super().__init__("This client has been disabled. Create another one.")


class InvalidScope(DomainError):
    """What is asked for is no scope, or none that the client is allowed (RFC 6749, section 5.2)."""

    code = "invalid_scope"

    def __init__(self) -> None:
        super().__init__("A scope is not one of this service, or the client is not allowed it.")


@dataclass(slots=True, kw_only=True, eq=False)
class ServiceClient:
    """A program that acts for itself and not for a user (RFC 6749, section 4.4).

    It may what its `scopes` permit. One secret after the other is given to it, and two are valid while they change
    places. People know it by its `name`. It is never deleted: histories name it by its id.
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
        id: ClientId,  # noqa: A002 - the field's name
        name: str,
        scopes: Collection[Scope],
        secret: ClientSecret,
        now: datetime,
    ) -> Self:
        """Raise ValidationFailed for a name that cannot be shown, and without scopes."""
        if not (0 < len(name) <= MAX_NAME_LENGTH and name.isprintable() and name == name.strip()):
            _refuse("name", f"A name has 1 to {MAX_NAME_LENGTH} characters that can be shown.")
        if not scopes:
            _refuse("scopes", "A client has one scope at least: without any it may do nothing.")
        return cls(id=id, name=name, scopes=frozenset(scopes), secrets=[secret], created_at=now)

    def secret_with(self, shown_hash: bytes) -> ClientSecret | None:
        """Return the valid secret of this hash, if there is one."""
        return next((secret for secret in self.secrets if secret.is_hash(shown_hash)), None)

    def granted(self, asked: str) -> frozenset[Scope]:
        """Return the scopes that are asked for, separated by spaces; all that the client has, if none are.

        RFC 6749, section 3.3. Raises InvalidScope.
        """
        names = set(asked.split(" ")) - {""}
        if not names <= self.scopes:
            raise InvalidScope
        return frozenset(map(Scope, names)) or self.scopes

    def roll(self, secret: ClientSecret) -> None:
        """Give the client a secret more; the former one stays valid until it is retired.

        Raises TooManySecrets, ClientDisabled.
        """
        if self.disabled_at is not None:
            raise ClientDisabled
        if len(self.secrets) == MAX_SECRETS:
            raise TooManySecrets
        self.secrets.append(secret)

    def retire(self, secret_id: SecretId) -> None:
        """Have a secret, and every token that was got with it, be worth nothing. Raises NotFound."""
        kept = [secret for secret in self.secrets if secret.id != secret_id]
        if len(kept) == len(self.secrets):
            raise NotFound("The client has no such secret.")
        self.secrets = kept

    def disable(self, *, now: datetime) -> None:
        """Have the client be let in no more, for good."""
        if self.disabled_at is None:
            self.disabled_at = now
        self.secrets = []


def _refuse(field_name: str, detail: str) -> None:
    raise ValidationFailed(
        "The client cannot be created.", violations=[Violation((field_name,), "unacceptable", detail)]
    )
