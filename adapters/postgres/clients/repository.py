from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, insert, not_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.postgres.clients.mapping import client_from, client_values, clients_with_secrets, secret_values
from adapters.postgres.core.rows import ClientSecretRow, ServiceClientRow
from adapters.postgres.core.transaction import Transaction
from application.clients.ports import ClientRepository
from domain.clients.client import ServiceClient
from domain.shared.ids import ClientId

_PEEK = clients_with_secrets().where(ServiceClientRow.id == bindparam("id"))
# A statement that waits for a lock sees other tables as they were when the statement started. Therefore a second
# statement reads the other tables.
_LOCK = select(ServiceClientRow.id).where(ServiceClientRow.id == bindparam("id")).with_for_update()
_LOCK_NAMED = select(ServiceClientRow.id).where(ServiceClientRow.name == bindparam("name")).with_for_update()
_SAVE = update(ServiceClientRow).where(ServiceClientRow.id == bindparam("saved_id"))
_RETIRE = delete(ClientSecretRow).where(
    ClientSecretRow.client_id == bindparam("saved_id"),
    not_(ClientSecretRow.id == any_(bindparam("valid_ids", type_=ARRAY(Uuid)))),
)
_SECRET = upsert(ClientSecretRow)
_KEEP = _SECRET.on_conflict_do_update(
    index_elements=["id"], set_={"last_used_at": _SECRET.excluded.last_used_at}
)


class PostgresClientRepository(ClientRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, client: ServiceClient) -> None:
        await self._transaction.execute(insert(ServiceClientRow), client_values(client))
        await self._keep_secrets(client)

    async def peek(self, client_id: ClientId) -> ServiceClient | None:
        return client_from((await self._transaction.execute(_PEEK, {"id": client_id})).all())

    async def get(self, client_id: ClientId) -> ServiceClient | None:
        await self._transaction.execute(_LOCK, {"id": client_id})
        return await self.peek(client_id)

    async def find_by_name(self, name: str) -> ServiceClient | None:
        row = (await self._transaction.execute(_LOCK_NAMED, {"name": name})).one_or_none()
        return await self.peek(ClientId(row.id)) if row else None

    async def save(self, client: ServiceClient) -> None:
        saved = {"saved_id": client.id}
        await self._transaction.write(_SAVE, {**saved, **client_values(client)}, rows=1)
        valid_ids = [secret.id for secret in client.secrets]
        await self._transaction.execute(_RETIRE, {**saved, "valid_ids": valid_ids})
        await self._keep_secrets(client)

    async def _keep_secrets(self, client: ServiceClient) -> None:
        for secret in client.secrets:
            await self._transaction.execute(_KEEP, secret_values(client.id, secret))
