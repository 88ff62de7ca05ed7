from dataclasses import dataclass

from application.catalog.ports import ProductSearchIndex


@dataclass(frozen=True, slots=True)
class RefreshSearchIndex:
    """Recompute the search words that an earlier release stored, in small batches that other work can interrupt."""

    index: ProductSearchIndex
    limit: int = 20

    async def __call__(self) -> None:
        while await self.index.refresh(limit=self.limit):
            """Recompute the next batch."""
