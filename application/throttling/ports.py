"""What throttling needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.retention.ports import PrunableRecords
from domain.users.attempts import Attempt, AttemptTally


class AttemptTallies(Protocol):
    """Tallies of attempts, which all processes of the service share."""

    async def peek(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        """Return the same as `lock`, without locking and without waiting for anybody."""
        ...

    async def lock(self, attempt: Attempt, *, now: datetime) -> tuple[AttemptTally, AttemptTally]:
        """Return the tallies of the attempt's account and of its network, locked until the unit of work ends.

        What was never attempted has an empty one. Raise Overloaded when a lock does not come free in time.
        """
        ...

    async def save(self, tallies: Sequence[AttemptTally]) -> None:
        """Keep the changes made to locked tallies."""
        ...


class AttemptRecords(PrunableRecords, Protocol):
    """The tallies as a whole, outside of any unit of work."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Forget up to `limit` tallies that are worth nothing since `before`, and return how many there were."""
        ...
