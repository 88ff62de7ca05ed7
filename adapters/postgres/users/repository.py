from collections.abc import Collection

from sqlalchemy import bindparam, insert, select, update

from adapters.postgres.core.rows import UserRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.events.outbox import Outbox
from adapters.postgres.users.mapping import user_from, user_values
from application.users.ports import UserRepository
from domain.shared.ids import UserId
from domain.users.email_address import EmailAddress
from domain.users.permissions import Role
from domain.users.user import User, UserStatus

_USERS = select(*columns_of(UserRow))
_FIND = _USERS.where(UserRow.email == bindparam("email"))
_PEEK = _USERS.where(UserRow.id == bindparam("id"))
# FOR UPDATE would conflict with the foreign keys of the user's concurrent orders, and block these orders.
_LOCK = _PEEK.with_for_update(key_share=True)
_LOCK_ADMINS = (
    select(UserRow.id)
    .where(UserRow.role == Role.ADMIN, UserRow.status == UserStatus.ACTIVE)
    .order_by(UserRow.id)
    .with_for_update(key_share=True)
)
_SAVE = update(UserRow).where(UserRow.id == bindparam("saved_id"))


class PostgresUserRepository(UserRepository):
    def __init__(self, transaction: Transaction, outbox: Outbox) -> None:
        self._transaction = transaction
        self._outbox = outbox

    async def add(self, user: User) -> None:
        await self._transaction.execute(insert(UserRow), user_values(user))
        self._outbox.record(user.take_events())

    async def find_by_email(self, email: EmailAddress) -> User | None:
        row = (await self._transaction.execute(_FIND, {"email": email.normalized})).one_or_none()
        return user_from(row) if row else None

    async def get(self, user_id: UserId) -> User | None:
        row = (await self._transaction.execute(_LOCK, {"id": user_id})).one_or_none()
        return user_from(row) if row else None

    async def peek(self, user_id: UserId) -> User | None:
        row = (await self._transaction.execute(_PEEK, {"id": user_id})).one_or_none()
        return user_from(row) if row else None

    async def lock_admins(self) -> Collection[UserId]:
        return [UserId(row.id) for row in await self._transaction.execute(_LOCK_ADMINS)]

    async def save(self, user: User) -> None:
        await self._transaction.write(_SAVE, {"saved_id": user.id, **user_values(user)}, rows=1)
        self._outbox.record(user.take_events())
