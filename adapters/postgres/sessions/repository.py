from collections.abc import Sequence

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, insert, select, update

from adapters.postgres.core.rows import SessionRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.sessions.mapping import session_from, session_values
from application.sessions.ports import SessionRepository
from domain.sessions.session import Session
from domain.shared.ids import SessionId, UserId

_LOCK = select(*columns_of(SessionRow)).with_for_update()
_GET = _LOCK.where(SessionRow.id == bindparam("id"))
_FIND = _LOCK.where(SessionRow.family_hash == bindparam("family_hash"))
_OF_USER = _LOCK.where(SessionRow.user_id == bindparam("user_id")).order_by(SessionRow.id)
_SAVE = update(SessionRow).where(SessionRow.id == bindparam("saved_id"))
_REMOVE = delete(SessionRow).where(SessionRow.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


class PostgresSessionRepository(SessionRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, session: Session) -> None:
        await self._transaction.execute(insert(SessionRow), session_values(session))

    async def get(self, session_id: SessionId) -> Session | None:
        row = (await self._transaction.execute(_GET, {"id": session_id})).one_or_none()
        return session_from(row) if row else None

    async def find_by_family(self, family_hash: bytes) -> Session | None:
        row = (await self._transaction.execute(_FIND, {"family_hash": family_hash})).one_or_none()
        return session_from(row) if row else None

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        rows = await self._transaction.execute(_OF_USER, {"user_id": user_id})
        return [session_from(row) for row in rows]

    async def save(self, session: Session) -> None:
        values = {"saved_id": session.id, **session_values(session)}
        await self._transaction.write(_SAVE, values, rows=1)

    async def remove(self, sessions: Sequence[Session]) -> None:
        if sessions:
            ids = [session.id for session in sessions]
            await self._transaction.write(_REMOVE, {"ids": ids}, rows=len(ids))
