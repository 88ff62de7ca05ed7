"""The audit log, for admins."""

from typing import Annotated

from fastapi import Query

from application.audit.ports import AuditFilter
from application.audit.queries import ListAuditEntries
from application.audit.views import AuditEntryView
from domain.shared.ids import UserId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.audit.schemas import AuditEntryResponse, ListAuditEntriesQuery
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.pagination import PageResponse, PageResult, RequestPaginator
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import AuditReader
from entrypoints.http.security.rate_limits import LimitReads

router = StrictRouter(prefix="/v1/audit", tags=["audit"])


@router.get(
    "",
    operation_id="list_audit_entries",
    summary="Read who has done what",
    description=described_by(ListAuditEntries),
    response_description="A page of audit entries, newest first.",
    response_model=PageResponse[AuditEntryResponse],
    dependencies=[LimitReads],
)
async def list_audit_entries(
    query: Annotated[ListAuditEntriesQuery, Query()],
    _reader: AuditReader,
    paginator: RequestPaginator,
    list_audit_entries: Annotated[ListAuditEntries, from_container(GRAPH.audit.list_audit_entries)],
) -> PageResult[AuditEntryView]:
    page = await list_audit_entries(
        AuditFilter(
            actor_id=UserId(query.actor_id) if query.actor_id else None,
            action=query.action,
            object_id=query.object_id,
            created_after=query.created_after,
            created_before=query.created_before,
        ),
        after=paginator.position(query),
        limit=query.limit,
    )
    return paginator.page(query, page)
