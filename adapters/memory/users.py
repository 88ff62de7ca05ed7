from copy import deepcopy

from adapters.memory.database import reach
from adapters.memory.transaction import Transaction
from application.users.ports import EmailTaken, UserRepository
from domain.users.user import EmailAddress, User


class MemoryUserRepository(UserRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, user: User) -> None:
        await reach()
        await self._transaction.lock([("users.email", user.email)])
        tables = self._transaction.tables
        if user.email in tables.user_ids:
            self._transaction.fail(EmailTaken())
        self._transaction.record(user.take_events())
        tables.users[user.id] = deepcopy(user)
        tables.user_ids[user.email] = user.id

    async def find_by_email(self, email: EmailAddress) -> User | None:
        await reach()
        tables = self._transaction.tables
        return deepcopy(tables.users[tables.user_ids[email]]) if email in tables.user_ids else None
