"""Deletion of records after their retention period.

`entrypoints/bootstrap/retention.py` lists the records.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from application.retention.ports import OldRecords, PrunableRecords, RecordKind
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.users import email_change, pending_sign_up

BATCH_SIZE = 1000
"""The maximum number of records that one transaction deletes.

The number is small, so that transactions are short.
"""

ORDER_BATCH_SIZE = 100
"""The maximum number of orders that one transaction deletes.

The number is smaller than BATCH_SIZE, because the transaction also locks the customers of the orders.
"""

FAILED_MAIL_RETENTION = timedelta(days=7)
"""The duration for which messages that could not be sent are stored.

Operators need these messages to find the reason for the failures.
"""


@dataclass(frozen=True, slots=True)
class Prune:
    """Delete records that are older than their retention period.

    After an idempotency record is deleted, the placed order can still be found by its idempotency key.

    Only this use case deletes entries of the audit log.
    """

    records: PrunableRecords
    clock: Clock
    retention: timedelta
    batch_size: int = BATCH_SIZE

    async def __call__(self) -> None:
        """Delete in batches until no old record is left. Raises Overloaded, DatabaseUnavailable."""
        before = self.clock.now() - self.retention
        while await self.records.prune(before=before, limit=self.batch_size) == self.batch_size:
            pass


@dataclass(frozen=True, slots=True)
class PruneOldRecords:
    """Delete records of several kinds, each after its own retention period."""

    records: OldRecords
    clock: Clock
    retention: Mapping[RecordKind, timedelta]

    async def __call__(self) -> None:
        """Delete in batches until no old record is left. Raises Overloaded, DatabaseUnavailable."""
        for kind, retention in self.retention.items():
            before = self.clock.now() - retention
            while await self.records.prune(kind, before=before, limit=BATCH_SIZE) == BATCH_SIZE:
                pass


@dataclass(frozen=True, slots=True)
class PruneSignUps:
    """Delete the sign-ups and the e-mail changes that were not confirmed in time."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self) -> None:
        """Delete in one transaction. Raises Overloaded, DatabaseUnavailable."""
        async with self.unit_of_work() as work:
            now = self.clock.now()
            await work.sign_ups.prune(requested_until=now - pending_sign_up.LIFETIME)
            await work.email_changes.prune(requested_until=now - email_change.LIFETIME)
            await work.commit()


@dataclass(frozen=True, slots=True)
class PruneMail:
    """Delete mail requests that were set aside after repeated failures."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self) -> None:
        """Delete in one transaction. Raises Overloaded, DatabaseUnavailable."""
        async with self.unit_of_work() as work:
            await work.mail.prune_set_aside(until=self.clock.now() - FAILED_MAIL_RETENTION)
            await work.commit()
