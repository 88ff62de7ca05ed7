from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.keyset import page_of, shown
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import SessionRow, UserRow
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.users.mapping import user_from
from application.shared.page import Page, Position
from application.users.ports import PrincipalState, UserFilter, UserQueries
from application.users.views import UserView
from domain.shared.ids import SessionId, UserId
from domain.users.permissions import Role
from domain.users.user import UserStatus

_GET = select(*columns_of(UserRow)).where(UserRow.id == bindparam("id"))
_HAS_SESSION = exists().where(
    SessionRow.id == bindparam("session_id"),
    SessionRow.user_id == UserRow.id,
    SessionRow.expires_at > bindparam("now"),
)
_STATE = select(UserRow.role, UserRow.status, _HAS_SESSION.label("has_session")).where(
    UserRow.id == bindparam("id")
)


_CREATED = (UserRow.created_at, UserRow.id)


class PostgresUserQueries(UserQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def get(self, user_id: UserId) -> UserView | None:
        row = await self._reader.one_or_none(_GET, {"id": user_id})
        return _view(row) if row else None

    async def state_of(
        self, user_id: UserId, session_id: SessionId, *, now: datetime
    ) -> PrincipalState | None:
        row = await self._reader.one_or_none(_STATE, {"id": user_id, "session_id": session_id, "now": now})
        if row is None:
            return None
        return PrincipalState(Role(row.role), UserStatus(row.status), has_session=row.has_session)

    async def list(
        self, criteria: UserFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[UserView]:
        users = select(*columns_of(UserRow)).where(*_conditions(criteria))
        statement = page_of(users, _CREATED, descending=descending, after=after, limit=limit)
        return shown(await self._reader.all(statement), _CREATED, limit=limit, show=_view)


def _conditions(criteria: UserFilter) -> Iterator[ColumnElement[bool]]:
    if criteria.email is not None:
        yield UserRow.email == criteria.email.normalized
    if criteria.role is not None:
        yield UserRow.role == criteria.role
    if criteria.status is not None:
        yield UserRow.status == criteria.status


def _view(row: ResultRow) -> UserView:
    return UserView.of(user_from(row))
