from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.clients.mapping import client_from, clients_with_secrets
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.rows import ClientSecretRow, ServiceClientRow
from application.clients.ports import ClientQueries
from application.clients.views import ClientView
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope

_SCOPES = (
    select(ServiceClientRow.scopes)
    .join(ClientSecretRow, ClientSecretRow.client_id == ServiceClientRow.id)
    .where(
        ServiceClientRow.id == bindparam("client_id"),
        ServiceClientRow.disabled_at.is_(None),
        ClientSecretRow.id == bindparam("secret_id"),
    )
)
_ALL = clients_with_secrets()


class PostgresClientQueries(ClientQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def scopes_of(self, client_id: ClientId, secret_id: SecretId) -> frozenset[Scope] | None:
        row = await self._reader.one_or_none(_SCOPES, {"secret_id": secret_id, "client_id": client_id})
        return None if row is None else frozenset(map(Scope, row.scopes))

    async def all(self) -> Sequence[ClientView]:
        rows = await self._reader.all(_ALL)
        clients = (client_from(list(group)) for _, group in groupby(rows, lambda row: row.id))
        return [ClientView.of(client) for client in clients if client]
