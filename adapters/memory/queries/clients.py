from collections.abc import Sequence

from adapters.memory.database import MemoryDatabase, reach
from application.clients.ports import ClientQueries
from application.clients.views import ClientView
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope


class MemoryClientQueries(ClientQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def scopes_of(self, client_id: ClientId, secret_id: SecretId) -> frozenset[Scope] | None:
        await reach()
        client = self._database.tables.clients.get(client_id)
        if client is None or client.disabled_at is not None:
            return None
        return client.scopes if any(secret.id == secret_id for secret in client.secrets) else None

    async def all(self) -> Sequence[ClientView]:
        await reach()
        clients = sorted(self._database.tables.clients.values(), key=lambda client: client.name)
        return [ClientView.of(client) for client in clients]
