"""Ports of the deletion of old records."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class PrunableRecords(Protocol):
    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` records older than `before`, and return their number."""
        ...


class RecordKind(StrEnum):
    """A kind of record that is deleted after a retention period."""

    SESSIONS = "sessions"
    WEBHOOK_DELIVERIES = "webhook_deliveries"
    PROVIDER_EVENTS = "provider_events"
    SANDBOX_CHARGES = "sandbox_charges"
    SANDBOX_REFUNDS = "sandbox_refunds"


class OldRecords(Protocol):
    async def prune(self, kind: RecordKind, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` old records of a kind, and return the number of deleted records.

        The age of a session is the time since its log-in. The age of a delivery is the time since the arrival of
        its event. The age of a provider event is the time since its arrival. The age of a charge or refund of the
        sandbox provider is the time since its decision.

        Pending deliveries are never deleted. Locked records are skipped. A later call deletes these records.
        """
        ...
