from collections.abc import Iterable, Sequence
from datetime import datetime

from adapters.memory.core.copying import copied
from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.keyset import page
from adapters.memory.core.transaction import IntegrityError, Transaction
from application.sessions.ports import SessionQueries, SessionRepository
from application.sessions.views import SessionView
from application.shared.page import Page, Position
from domain.sessions.session import Session
from domain.shared.ids import SessionId, UserId


class MemorySessionRepository(SessionRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, session: Session) -> None:
        await yield_control()
        await self._transaction.lock([session_row(session.id)])
        if session.user_id not in self._transaction.tables.users:
            self._transaction.fail(IntegrityError("session of a user who does not exist"))
        self._transaction.tables.sessions[session.id] = copied(session)

    async def get(self, session_id: SessionId) -> Session | None:
        return next(iter(await self._locked([session_id])), None)

    async def find_by_family(self, family_hash: bytes) -> Session | None:
        sessions = self._transaction.tables.sessions.values()
        found = await self._locked(s.id for s in sessions if s.family_hash == family_hash)
        return next(iter(found), None)

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        sessions = self._transaction.tables.sessions.values()
        return await self._locked(s.id for s in sessions if s.user_id == user_id)

    async def save(self, session: Session) -> None:
        await yield_control()
        self._transaction.ensure_locked(session_row(session.id))
        self._transaction.tables.sessions[session.id] = copied(session)

    async def remove(self, sessions: Sequence[Session]) -> None:
        await yield_control()
        for session in sessions:
            self._transaction.ensure_locked(session_row(session.id))
            del self._transaction.tables.sessions[session.id]

    async def _locked(self, session_ids: Iterable[SessionId]) -> list[Session]:
        """Lock the sessions, and return the sessions that still exist when the locks are held."""
        wanted = sorted(session_ids)
        await self._transaction.lock(session_row(id_) for id_ in wanted)
        await yield_control()
        sessions = self._transaction.tables.sessions
        return [copied(sessions[id_]) for id_ in wanted if id_ in sessions]


def session_row(session_id: SessionId) -> Row:
    """Return the row to lock before a session is changed."""
    return "sessions", session_id.hex


class MemorySessionQueries(SessionQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def list(
        self, user_id: UserId, *, now: datetime, after: Position | None, limit: int
    ) -> Page[SessionView]:
        await yield_control()
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
