"""Views of the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from application.audit.entry import AuditAction, AuditEntry, Details
from domain.shared.ids import AuditEntryId, ClientId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntryView:
    id: AuditEntryId
    at: datetime
    actor_id: UserId | ClientId | None
    request_id: str
    action: AuditAction
    object_id: str | None
    details: Details

    @property
    def object_type(self) -> str:
        return self.action.object_type

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        return cls(
            id=entry.id,
            at=entry.at,
            actor_id=entry.actor.id,
            request_id=entry.actor.request_id,
            action=entry.action,
            object_id=entry.object_id,
            details=entry.details,
        )
