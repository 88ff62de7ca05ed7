from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from adapters.postgres.clients.rows import ClientSecretRow, ServiceClientRow
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.unnest import columns_of
from domain.clients.client import ServiceClient
from domain.clients.secret import ClientSecret
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope


def client_values(client: ServiceClient) -> dict[str, object]:
    return {
        "id": client.id,
        "name": client.name,
        "scopes": sorted(client.scopes),
        "created_at": client.created_at,
        "disabled_at": client.disabled_at,
    }


def secret_values(client_id: ClientId, secret: ClientSecret) -> dict[str, object]:
    return {
        "id": secret.id,
        "client_id": client_id,
        "secret_hash": secret.secret_hash,
        "created_at": secret.created_at,
        "last_used_at": secret.last_used_at,
    }


def clients_with_secrets() -> Select[*tuple[Any, ...]]:
    """Select service clients with their valid secrets, oldest secret first.

    A client without a secret has one row, and other clients have one row per secret.
    """
    return (
        select(
            *columns_of(ServiceClientRow),
            ClientSecretRow.id.label("secret_id"),
            ClientSecretRow.secret_hash,
            ClientSecretRow.created_at.label("secret_created_at"),
            ClientSecretRow.last_used_at,
        )
        .outerjoin(ClientSecretRow, ClientSecretRow.client_id == ServiceClientRow.id)
        .order_by(ServiceClientRow.name, ClientSecretRow.id)
    )


def client_from(rows: Sequence[ResultRow]) -> ServiceClient | None:
    """Build a client from its rows of `clients_with_secrets`. Return None if there are no rows.

    If a scope no longer exists in the code, the scope is left out.
    """
    if not rows:
        return None
    row = rows[0]
    return ServiceClient(
        id=ClientId(row.id),
        name=row.name,
        scopes=frozenset(scope for scope in Scope if scope in row.scopes),
        secrets=[
            ClientSecret(
                id=SecretId(row.secret_id),
                secret_hash=row.secret_hash,
                created_at=row.secret_created_at,
                last_used_at=row.last_used_at,
            )
            for row in rows
            if row.secret_id is not None
        ],
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
