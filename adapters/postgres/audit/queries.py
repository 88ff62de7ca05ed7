import json
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Text, cast, select

from adapters.postgres.core.keyset import page_of, shown
from adapters.postgres.core.reader import Reader
from adapters.postgres.core.result_row import ResultRow
from adapters.postgres.core.rows import AuditEntryRow
from adapters.postgres.core.unnest import columns_of
from application.audit.entry import AuditAction
from application.audit.ports import AuditFilter, AuditQueries
from application.audit.views import AuditEntryView
from application.shared.page import Page, Position
from domain.shared.ids import AuditEntryId, UserId

_ENTRIES = select(
    *columns_of(AuditEntryRow, without={"details"}), cast(AuditEntryRow.details, Text).label("details")
)
_NEWEST = (AuditEntryRow.at, AuditEntryRow.id)


class PostgresAuditQueries(AuditQueries):
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def list(
        self, criteria: AuditFilter, *, after: Position | None, limit: int
    ) -> Page[AuditEntryView]:
        entries = _ENTRIES.where(*_conditions(criteria))
        statement = page_of(entries, _NEWEST, descending=True, after=after, limit=limit)
        return shown(await self._reader.all(statement), _NEWEST, limit=limit, show=_view)


def _conditions(criteria: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if criteria.actor_id is not None:
        yield AuditEntryRow.actor_id == criteria.actor_id
    if criteria.action is not None:
        yield AuditEntryRow.action == criteria.action
    if criteria.object_id is not None:
        yield AuditEntryRow.object_id == criteria.object_id
    if criteria.created_after is not None:
        yield AuditEntryRow.at >= criteria.created_after
    if criteria.created_before is not None:
        yield AuditEntryRow.at < criteria.created_before


def _view(row: ResultRow) -> AuditEntryView:
    return AuditEntryView(
        id=AuditEntryId(row.id),
        at=row.at,
        actor_id=UserId(row.actor_id) if row.actor_id else None,
        request_id=row.request_id,
        action=AuditAction(row.action),
        object_id=row.object_id,
        details=json.loads(row.details),
    )
