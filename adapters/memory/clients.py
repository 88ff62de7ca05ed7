from collections.abc import Sequence

from adapters.memory.core.copying import copied
from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.transaction import Transaction
from application.clients.ports import ClientNameTaken, ClientQueries, ClientRepository
from application.clients.views import ClientView
from domain.clients.client import ServiceClient
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope


class MemoryClientRepository(ClientRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, client: ServiceClient) -> None:
        await yield_control()
        await self._transaction.lock([("clients.name", client.name), _client_row(client.id)])
        clients = self._transaction.tables.clients
        if any(other.name == client.name for other in clients.values()):
            self._transaction.fail(ClientNameTaken())
        clients[client.id] = copied(client)

    async def peek(self, client_id: ClientId) -> ServiceClient | None:
        await yield_control()
        return copied(self._transaction.tables.clients.get(client_id))

    async def get(self, client_id: ClientId) -> ServiceClient | None:
        await self._transaction.lock([_client_row(client_id)])
        return await self.peek(client_id)

    async def find_by_name(self, name: str) -> ServiceClient | None:
        clients = self._transaction.tables.clients.values()
        named = next((client.id for client in clients if client.name == name), None)
        return await self.get(named) if named else None

    async def save(self, client: ServiceClient) -> None:
        await yield_control()
        self._transaction.ensure_locked(_client_row(client.id))
        self._transaction.tables.clients[client.id] = copied(client)


def _client_row(client_id: ClientId) -> Row:
    return "clients", client_id.hex


class MemoryClientQueries(ClientQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def scopes_of(self, client_id: ClientId, secret_id: SecretId) -> frozenset[Scope] | None:
        await yield_control()
        client = self._database.tables.clients.get(client_id)
        if client is None or client.disabled_at is not None:
            return None
        return client.scopes if any(secret.id == secret_id for secret in client.secrets) else None

    async def all(self) -> Sequence[ClientView]:
        await yield_control()
        clients = sorted(self._database.tables.clients.values(), key=lambda client: client.name)
        return [ClientView.of(client) for client in clients]
