"""Views of service clients. A secret is shown only once, when it is created."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from domain.clients.client import ServiceClient
from domain.clients.secret import ClientSecret
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretView:
    id: SecretId
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, secret: ClientSecret) -> Self:
        return cls(id=secret.id, created_at=secret.created_at, last_used_at=secret.last_used_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """A service client. `scopes` are sorted; `secrets` are the valid secrets, oldest first."""

    id: ClientId
    name: str
    scopes: tuple[Scope, ...]
    secrets: tuple[SecretView, ...]
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, client: ServiceClient) -> Self:
        return cls(
            id=client.id,
            name=client.name,
            scopes=tuple(sorted(client.scopes)),
            secrets=tuple(map(SecretView.of, client.secrets)),
            created_at=client.created_at,
            disabled_at=client.disabled_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecretView:
    """A client's id with its new secret."""

    client_id: ClientId
    secret: str = field(repr=False)
