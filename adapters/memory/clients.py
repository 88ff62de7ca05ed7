from adapters.memory.copying import copied
from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.transaction import Transaction
from application.clients.ports import ClientNameTaken, ClientRepository
from domain.clients.client import ServiceClient
from domain.shared.ids import ClientId


class MemoryClientRepository(ClientRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, client: ServiceClient) -> None:
        await reach()
        await self._transaction.lock([("clients.name", client.name), _row(client.id)])
        clients = self._transaction.tables.clients
        if any(other.name == client.name for other in clients.values()):
            self._transaction.fail(ClientNameTaken())
        clients[client.id] = copied(client)

    async def peek(self, client_id: ClientId) -> ServiceClient | None:
        await reach()
        return copied(self._transaction.tables.clients.get(client_id))

    async def get(self, client_id: ClientId) -> ServiceClient | None:
        await self._transaction.lock([_row(client_id)])
        return await self.peek(client_id)

    async def find_by_name(self, name: str) -> ServiceClient | None:
        clients = self._transaction.tables.clients.values()
        named = next((client.id for client in clients if client.name == name), None)
        return await self.get(named) if named else None

    async def save(self, client: ServiceClient) -> None:
        await reach()
        self._transaction.ensure_locked(_row(client.id))
        self._transaction.tables.clients[client.id] = copied(client)


def _row(client_id: ClientId) -> Row:
    return "clients", client_id.hex
