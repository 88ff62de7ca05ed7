from datetime import datetime
from typing import Protocol


class PrunableRecords(Protocol):
    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` records older than `before`, and return how many were deleted."""
        ...
