"""Use cases that read the audit log. They change nothing."""

from dataclasses import dataclass

from application.audit.ports import AuditFilter, AuditQueries
from application.audit.views import AuditEntryView
from application.shared.page import Page, Position


@dataclass(frozen=True, slots=True)
class ListAuditEntries:
    """Tell who has done what to secure or administer the shop, the latest first.

    It tells of accounts, log-ins and their refusals, keys, products, stocks, webhooks, and of what staff do with orders. What customers
    do with orders is told by each order's history.
    """

    entries: AuditQueries

    async def __call__(
        self, criteria: AuditFilter, *, after: Position | None, limit: int
    ) -> Page[AuditEntryView]:
        return await self.entries.list(criteria, after=after, limit=limit)
