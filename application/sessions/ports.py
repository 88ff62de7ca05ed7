"""What the use cases of sessions need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.sessions.views import SessionView
from application.shared.page import Page, Position
from domain.sessions.session import Session
from domain.shared.ids import SessionId, UserId


class SessionRepository(Protocol):
    """Sessions are returned locked until the unit of work ends.

    All that return some raise Overloaded when a lock does not come free in time.
    """

    async def add(self, session: Session) -> None: ...

    async def get(self, session_id: SessionId) -> Session | None: ...

    async def find_by_family(self, family_hash: bytes) -> Session | None:
        """Return the session whose refresh tokens are of this family."""
        ...

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        """Return all sessions of a user, those that are over as well."""
        ...

    async def save(self, session: Session) -> None:
        """Keep the changes made to a locked session."""
        ...

    async def remove(self, sessions: Sequence[Session]) -> None:
        """End locked sessions: nothing of them is kept."""
        ...


class SessionQueries(Protocol):
    """Reads of sessions, outside of any unit of work."""

    async def list(
        self, user_id: UserId, *, now: datetime, after: Position | None, limit: int
    ) -> Page[SessionView]:
        """Return a user's sessions that are not over, the newest first, after a position."""
        ...
