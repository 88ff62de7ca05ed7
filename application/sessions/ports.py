"""Ports of sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.sessions.views import SessionView
from application.shared.page import Page, Position
from domain.sessions.session import Session
from domain.shared.ids import SessionId, UserId


class SessionRepository(Protocol):
    """Sessions in a unit of work. Returned sessions are locked until the unit of work ends.

    All methods that lock raise Overloaded if a lock is not released in time.
    """

    async def add(self, session: Session) -> None: ...

    async def get(self, session_id: SessionId) -> Session | None: ...

    async def find_by_family(self, family_hash: bytes) -> Session | None:
        """Return the session with this family of refresh tokens."""
        ...

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        """Return all sessions of a user, including ended sessions."""
        ...

    async def save(self, session: Session) -> None:
        """Save a locked session."""
        ...

    async def remove(self, sessions: Sequence[Session]) -> None:
        """Delete locked sessions."""
        ...


class SessionQueries(Protocol):
    """Reads of sessions, outside of a unit of work."""

    async def list(
        self, user_id: UserId, *, now: datetime, after: Position | None, limit: int
    ) -> Page[SessionView]:
        """Return the active sessions of a user after a position, newest first."""
        ...
