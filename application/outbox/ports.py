"""What is asked of the outbox."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID


class OutboxQueries(Protocol):
    """Reads of the outbox, outside of any unit of work."""

    async def count(self, event_type: str, *, of: Collection[UUID] | None = None) -> int:
        """Return how many events of this type, such as `order.placed`, have been committed.

        `of` are the ids of the aggregates to count the events of; without it, those of all aggregates are counted.
        """
        ...
