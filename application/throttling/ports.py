"""Ports of throttling."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.retention.ports import PrunableRecords
from domain.users.attempts import Attempt, AttemptTally


class AttemptTallies(Protocol):
    """Tallies of attempts, which all processes of the service share."""

    async def peek(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        """Return the same tallies as `lock`, without locking or waiting."""
        ...

    async def lock(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        """Lock and return the tallies of the attempt's account and network.

        The locks are held until the unit of work ends. An account or network without attempts has an empty
        tally. Raises Overloaded if a lock is not released in time.
        """
        ...

    async def save(self, tallies: Sequence[AttemptTally]) -> None:
        """Save locked tallies."""
        ...


class AttemptRecords(PrunableRecords, Protocol):
    """Tallies outside of a unit of work."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` tallies that expired before `before`, and return their number."""
        ...
