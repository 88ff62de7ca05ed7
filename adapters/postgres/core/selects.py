"""What is read of products and clients, for entities and for views alike."""

from typing import Any

from sqlalchemy import Select, select

from adapters.postgres.core.rows import ClientSecretRow, ProductRow, ServiceClientRow
from adapters.postgres.core.unnest import columns_of

PRODUCTS = select(
    *columns_of(ProductRow, without={"sort_name", "search_words", "search_typos", "search_version"})
)


def clients_with_secrets() -> Select[*tuple[Any, ...]]:
    """Select service clients, with a row for each valid secret, the first first, or with one that has none."""
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
