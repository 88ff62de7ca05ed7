from dataclasses import dataclass

from application.catalog.ports import ProductSearchIndex


@dataclass(frozen=True, slots=True)
class RefreshSearchIndex:
    """Recompute the search words that an earlier release stored.

    The work is done in small batches, so that other jobs can run between two batches.
    """

    index: ProductSearchIndex
    limit: int = 20

    async def __call__(self) -> None:
        while await self.index.refresh(limit=self.limit):
            """Recompute the next batch."""
