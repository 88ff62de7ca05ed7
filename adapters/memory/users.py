from collections.abc import Collection

from adapters.memory.copying import copied
from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.transaction import Transaction
from application.users.ports import EmailTaken, UserRepository
from domain.shared.ids import UserId
from domain.users.email_address import EmailAddress
from domain.users.user import User


class MemoryUserRepository(UserRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, user: User) -> None:
        await reach()
        await self._transaction.lock([("users.email", user.email.normalized), user_row(user.id)])
        tables = self._transaction.tables
        if user.email in tables.user_ids:
            self._transaction.fail(EmailTaken())
        tables.user_ids[user.email] = user.id
        self._write(user)

    async def find_by_email(self, email: EmailAddress) -> User | None:
        await reach()
        tables = self._transaction.tables
        return copied(tables.users[tables.user_ids[email]]) if email in tables.user_ids else None

    async def get(self, user_id: UserId) -> User | None:
        await self._transaction.lock([user_row(user_id)])
        return await self.peek(user_id)

    async def peek(self, user_id: UserId) -> User | None:
        await reach()
        return copied(self._transaction.tables.users.get(user_id))

    async def lock_admins(self) -> Collection[UserId]:
        users = self._transaction.tables.users
        await self._transaction.lock(user_row(user.id) for user in list(users.values()) if user.administers)
        await reach()
        return [user.id for user in users.values() if user.administers]

    async def save(self, user: User) -> None:
        await reach()
        self._transaction.ensure_locked(user_row(user.id))
        tables = self._transaction.tables
        former = tables.users[user.id].email
        if user.email != former:
            await self._transaction.lock(
                [("users.email", former.normalized), ("users.email", user.email.normalized)]
            )
            if user.email in tables.user_ids:
                self._transaction.fail(EmailTaken())
            del tables.user_ids[former]
            tables.user_ids[user.email] = user.id
        self._write(user)

    def _write(self, user: User) -> None:
        self._transaction.record(user.take_events())
        self._transaction.tables.users[user.id] = copied(user)


def user_row(user_id: UserId) -> Row:
    return "users", user_id.hex
