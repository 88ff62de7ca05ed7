from datetime import datetime

from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.queries.keyset import page
from application.sessions.ports import SessionQueries
from application.sessions.views import SessionView
from application.shared.page import Page, Position
from domain.shared.ids import UserId


class MemorySessionQueries(SessionQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def list(
        self, user_id: UserId, *, now: datetime, after: Position | None, limit: int
    ) -> Page[SessionView]:
        await reach()
        return page(
            (
                session
                for session in self._database.tables.sessions.values()
                if session.user_id == user_id and not session.is_over(now)
            ),
            position=lambda session: (session.created_at, session.id),
            show=SessionView.of,
            descending=True,
            after=after,
            limit=limit,
        )
