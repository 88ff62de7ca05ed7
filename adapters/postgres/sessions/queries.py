from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.keyset import page_of, shown
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import SessionRow
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.sessions.mapping import session_from
from application.sessions.ports import SessionQueries
from application.sessions.views import SessionView
from application.shared.page import Page, Position
from domain.shared.ids import UserId

_NEWEST = (SessionRow.created_at, SessionRow.id)


class PostgresSessionQueries(SessionQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def list(
        self, user_id: UserId, *, now: datetime, after: Position | None, limit: int
    ) -> Page[SessionView]:
        lasting = select(*columns_of(SessionRow)).where(
            SessionRow.user_id == user_id, SessionRow.expires_at > now
        )
        statement = page_of(lasting, _NEWEST, descending=True, after=after, limit=limit)
        return shown(await self._reader.all(statement), _NEWEST, limit=limit, show=_view)


def _view(row: ResultRow) -> SessionView:
    return SessionView.of(session_from(row))
