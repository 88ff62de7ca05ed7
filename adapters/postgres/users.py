from sqlalchemy import bindparam, insert, select

from adapters.postgres.arrays import columns_of
from adapters.postgres.mappers.users import user_from, user_values
from adapters.postgres.outbox import Outbox
from adapters.postgres.rows import UserRow
from adapters.postgres.transaction import Transaction
from application.users.ports import UserRepository
from domain.users.user import EmailAddress, User

_FIND = select(*columns_of(UserRow)).where(UserRow.email == bindparam("email"))


class PostgresUserRepository(UserRepository):
    def __init__(self, transaction: Transaction, outbox: Outbox) -> None:
        self._transaction = transaction
        self._outbox = outbox

    async def add(self, user: User) -> None:
        await self._transaction.execute(insert(UserRow), user_values(user))
        self._outbox.record(user.take_events())

    async def find_by_email(self, email: EmailAddress) -> User | None:
        row = (await self._transaction.execute(_FIND, {"email": email})).one_or_none()
        return user_from(row) if row else None
