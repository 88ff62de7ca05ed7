from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.arrays import columns_of
from adapters.postgres.mappers.users import user_from
from adapters.postgres.reader import Reader
from adapters.postgres.rows import UserRow
from application.users.ports import UserQueries
from application.users.views import UserView
from domain.shared.ids import UserId

_GET = select(*columns_of(UserRow)).where(UserRow.id == bindparam("id"))


class PostgresUserQueries(UserQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = Reader(engine)

    async def get(self, user_id: UserId) -> UserView | None:
        row = await self._reader.one_or_none(_GET, {"id": user_id})
        return UserView.of(user_from(row)) if row else None
