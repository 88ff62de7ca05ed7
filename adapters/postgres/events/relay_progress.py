from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, Executable, bindparam, null, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import EventRelayRow
from application.events.ports import RelayLease, RelayProgress
from domain.shared.ids import EventId

_BEGIN = insert(EventRelayRow).values(
    publisher=bindparam("publisher"), token=bindparam("token"), leased_until=bindparam("until")
)
_LEASE = _BEGIN.on_conflict_do_update(
    index_elements=["publisher"],
    set_={"token": _BEGIN.excluded.token, "leased_until": _BEGIN.excluded.leased_until},
    where=or_(EventRelayRow.leased_until.is_(None), EventRelayRow.leased_until <= bindparam("now")),
).returning(EventRelayRow.after)
_END = (
    update(EventRelayRow)
    .where(EventRelayRow.publisher == bindparam("name"), EventRelayRow.token == bindparam("held"))
    .values(after=bindparam("reached"), token=null(), leased_until=null())
)


class PostgresRelayProgress(RelayProgress):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def lease(
        self, publisher: str, *, token: UUID, now: datetime, until: datetime
    ) -> RelayLease | None:
        parameters = {"publisher": publisher, "token": token, "now": now, "until": until}
        leased = (await self._write(_LEASE, parameters)).one_or_none()
        return None if leased is None else RelayLease(publisher, token, leased.after)

    async def end(self, lease: RelayLease, *, after: EventId | None) -> bool:
        parameters = {"name": lease.publisher, "held": lease.token, "reached": after}
        return (await self._write(_END, parameters)).rowcount == 1

    async def _write(
        self, statement: Executable, parameters: Mapping[str, object]
    ) -> CursorResult[tuple[object, ...]]:
        with translated():
            async with self._engine.begin() as connection:
                return await connection.execute(statement, parameters)
