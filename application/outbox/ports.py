"""What is asked of the outbox."""

from typing import Protocol


class OutboxQueries(Protocol):
    """Reads of the outbox, outside of any unit of work."""

    async def count(self, event_type: str) -> int:
        """Return how many events of this type, such as `order.placed`, have been committed."""
        ...
