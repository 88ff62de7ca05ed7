from datetime import datetime

from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.queries.keyset import page
from application.shared.page import Page, Position
from application.users.ports import PrincipalState, UserFilter, UserQueries
from application.users.views import UserView
from domain.shared.ids import SessionId, UserId
from domain.users.user import User


class MemoryUserQueries(UserQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, user_id: UserId) -> UserView | None:
        await reach()
        user = self._database.tables.users.get(user_id)
        return UserView.of(user) if user else None

    async def state_of(
        self, user_id: UserId, session_id: SessionId, *, now: datetime
    ) -> PrincipalState | None:
        await reach()
        user = self._database.tables.users.get(user_id)
        session = self._database.tables.sessions.get(session_id)
        if user is None:
            return None
        has_session = session is not None and session.user_id == user_id and not session.is_over(now)
        return PrincipalState(user.role, user.status, has_session=has_session)

    async def list(
        self, criteria: UserFilter, *, descending: bool, after: Position | None, limit: int
    ) -> Page[UserView]:
        await reach()
        return page(
            (user for user in self._database.tables.users.values() if _meets(user, criteria)),
            position=lambda user: (user.created_at, user.id),
            show=UserView.of,
            descending=descending,
            after=after,
            limit=limit,
        )


def _meets(user: User, criteria: UserFilter) -> bool:
    return (
        criteria.email in {None, user.email}
        and criteria.role in {None, user.role}
        and criteria.status in {None, user.status}
    )
