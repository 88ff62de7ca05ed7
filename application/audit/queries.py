"""Use cases that read the audit log."""

from dataclasses import dataclass

from application.audit.ports import AuditFilter, AuditQueries
from application.audit.views import AuditEntryView
from application.shared.page import Page, Position


@dataclass(frozen=True, slots=True)
class ListAuditEntries:
    """List the actions that administered or secured the shop, newest first.

    The entries are about accounts, log-ins (successful and failed), keys, products, stock, webhooks, and
    actions of staff on orders. Actions of customers on an order are recorded in the history of the order.
    """

    entries: AuditQueries

    async def __call__(
        self, criteria: AuditFilter, *, after: Position | None, limit: int
    ) -> Page[AuditEntryView]:
        return await self.entries.list(criteria, after=after, limit=limit)
