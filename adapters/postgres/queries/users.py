from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.arrays import columns_of
from adapters.postgres.mappers.users import user_from
from adapters.postgres.reader import Reader
from adapters.postgres.rows import SessionRow, UserRow
from application.users.ports import Standing, UserQueries
from application.users.views import UserView
from domain.shared.ids import SessionId, UserId
from domain.users.permissions import Role
from domain.users.user import UserStatus

_GET = select(*columns_of(UserRow)).where(UserRow.id == bindparam("id"))
_SESSION_LASTS = exists().where(
    SessionRow.id == bindparam("session_id"),
    SessionRow.user_id == UserRow.id,
    SessionRow.expires_at > bindparam("now"),
)
_STANDING = select(UserRow.role, UserRow.status, _SESSION_LASTS.label("session_lasts")).where(
    UserRow.id == bindparam("id")
)


class PostgresUserQueries(UserQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = Reader(engine)

    async def get(self, user_id: UserId) -> UserView | None:
        row = await self._reader.one_or_none(_GET, {"id": user_id})
        return UserView.of(user_from(row)) if row else None

    async def standing(self, user_id: UserId, session_id: SessionId, *, now: datetime) -> Standing | None:
        row = await self._reader.one_or_none(_STANDING, {"id": user_id, "session_id": session_id, "now": now})
        if row is None:
            return None
        return Standing(Role(row.role), UserStatus(row.status), session_lasts=row.session_lasts)
