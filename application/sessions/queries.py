"""Use cases that read sessions."""

from dataclasses import dataclass

from application.sessions.ports import SessionQueries
from application.sessions.views import SessionView
from application.shared.page import Page, Position
from application.shared.ports import Clock
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class ListSessions:
    """List the caller's sessions, newest first."""

    sessions: SessionQueries
    clock: Clock

    async def __call__(self, user_id: UserId, *, after: Position | None, limit: int) -> Page[SessionView]:
        return await self.sessions.list(user_id, now=self.clock.now(), after=after, limit=limit)
