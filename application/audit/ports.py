"""Ports that list and prune the entries of the audit log, outside of a unit of work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.audit.entry import AuditAction
from application.audit.views import AuditEntryView
from application.retention.ports import PrunableRecords
from application.shared.page import Page, Position
from domain.shared.ids import ClientId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Conditions on audit entries. A list contains only entries that meet all conditions.

    `created_after` and `created_before` limit the time `at` of an entry: `created_after` <= `at` <
    `created_before`.
    """

    actor_id: UserId | ClientId | None = None
    action: AuditAction | None = None
    object_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


class AuditQueries(Protocol):
    async def list(
        self, criteria: AuditFilter, *, after: Position | None, limit: int
    ) -> Page[AuditEntryView]:
        """Return the entries after a position, newest first.

        The sort keys are `at` and then the id.
        """
        ...


class AuditRecords(PrunableRecords, Protocol):
    """Deletion of old entries from the audit log."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` entries older than `before`, oldest first.

        Returns the number of deleted entries.
        """
        ...
