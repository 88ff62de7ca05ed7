"""Use cases that read the catalog."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from application.catalog.ports import ProductFilter, ProductQueries, ProductSort, StockQueries
from application.catalog.views import MovementView, ProductView, StockView
from application.shared.page import Page, Position, every_item
from domain.catalog.product import ProductStatus
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class GetProduct:
    """Show a product with its available units. Only staff see archived products."""

    products: ProductQueries

    async def __call__(self, product_id: ProductId, *, include_archived: bool) -> ProductView:
        """Return the product. Raises NotFound."""
        product = await self.products.get(product_id)
        if product is None or (product.status is ProductStatus.ARCHIVED and not include_archived):
            raise NotFound("There is no such product.")
        return product


@dataclass(frozen=True, slots=True)
class GetStock:
    """Show the stock of a product: units on hand, reserved and available."""

    stocks: StockQueries

    async def __call__(self, product_id: ProductId) -> StockView:
        """Return the stock. Raises NotFound."""
        stock = await self.stocks.get(product_id)
        if stock is None:
            raise NotFound("There is no such product.")
        return stock


@dataclass(frozen=True, slots=True)
class ListMovements:
    """List the stock movements of a product, newest first. Each movement has a reason and an actor."""

    stocks: StockQueries

    async def __call__(
        self, product_id: ProductId, *, after: Position | None, limit: int
    ) -> Page[MovementView]:
        """Return a page of movements. Raises NotFound."""
        if await self.stocks.get(product_id) is None:
            raise NotFound("There is no such product.")
        return await self.stocks.movements(product_id, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class ListProducts:
    """List products by filter and sort order, in pages. Only staff see archived products."""

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


@dataclass(frozen=True, slots=True)
class ExportProducts:
    """Read all products that match a filter, oldest first. Only one page is in memory at a time."""

    products: ProductQueries
    limit: int = 500

    async def count(self, criteria: ProductFilter) -> int:
        """Return the current number of matching products. Later products are not included."""
        return await self.products.count(criteria)

    def __call__(self, criteria: ProductFilter) -> AsyncIterator[ProductView]:
        return every_item(
            lambda after: self.products.list(
                criteria, sort=ProductSort.CREATED_AT, descending=False, after=after, limit=self.limit
            )
        )
