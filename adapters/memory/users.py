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
        await self._transaction.lock([user_row(user.id)])
        await self._claim(user)
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
        former = self._transaction.tables.users[user.id].email
        if user.email != former:
            if former is not None:
                await self._transaction.lock([_address_row(former)])
                del self._transaction.tables.user_ids[former]
            await self._claim(user)
        self._write(user)

    async def _claim(self, user: User) -> None:
        """Make the user's address theirs: a closed account has none."""
        if user.email is None:
            return
        await self._transaction.lock([_address_row(user.email)])
        user_ids = self._transaction.tables.user_ids
        if user.email in user_ids:
            self._transaction.fail(EmailTaken())
        user_ids[user.email] = user.id

    def _write(self, user: User) -> None:
        self._transaction.record(user.take_events())
        self._transaction.tables.users[user.id] = copied(user)


def user_row(user_id: UserId) -> Row:
    return "users", user_id.hex


def _address_row(address: EmailAddress) -> Row:
    return "users.email", address.normalized
