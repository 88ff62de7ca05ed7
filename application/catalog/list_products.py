from dataclasses import dataclass

from application.catalog.ports import ProductFilter, ProductQueries, ProductSort
from application.catalog.views import ProductView
from application.shared.page import Page, Position
from domain.catalog.product import ProductStatus


@dataclass(frozen=True, slots=True)
class ListProducts:
    """List the catalogue by filter and order, in portions. Archived products are for staff only."""

    products: ProductQueries

    async def __call__(
        self,
        criteria: ProductFilter,
        *,
        sort: ProductSort,
        descending: bool,
        after: Position | None,
        limit: int,
        include_archived: bool,
    ) -> Page[ProductView]:
        if criteria.status is not ProductStatus.ACTIVE and not include_archived:
            return Page((), None)
        return await self.products.list(criteria, sort=sort, descending=descending, after=after, limit=limit)
