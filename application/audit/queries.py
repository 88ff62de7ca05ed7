"""Use cases that read the audit log."""

from dataclasses import dataclass

from application.audit.ports import AuditFilter, AuditQueries
from application.audit.views import AuditEntryView
from application.shared.page import Page, Position


@dataclass(frozen=True, slots=True)
class ListAuditEntries:
    """List the entries of the audit log, newest first.

    The entries are about accounts, successful and failed log-ins, keys, products, stock and webhooks. If staff
    perform an action on an order, the audit log gets an entry. If a customer performs an action on an order, only
    the history of the order gets an entry.
    """

    entries: AuditQueries

    async def __call__(
        self, criteria: AuditFilter, *, after: Position | None, limit: int
    ) -> Page[AuditEntryView]:
        return await self.entries.list(criteria, after=after, limit=limit)
