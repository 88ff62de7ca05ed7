"""Ports of the deletion of old records."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class PrunableRecords(Protocol):
    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` records older than `before`, and return how many were deleted."""
        ...


class RecordKind(StrEnum):
    """Records that nothing refers to any more once they are old."""

    SESSIONS = "sessions"
    WEBHOOK_DELIVERIES = "webhook_deliveries"
    PROVIDER_EVENTS = "provider_events"
    SANDBOX_CHARGES = "sandbox_charges"
    SANDBOX_REFUNDS = "sandbox_refunds"


class OldRecords(Protocol):
    async def prune(self, kind: RecordKind, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` records of a kind, and return how many were deleted.

        Sessions are as old as their log-in, deliveries as their event's arrival, and records of payment providers as
        their decision or message. Pending deliveries are never deleted. Locked records are left for later.
        """
        ...
