from dataclasses import dataclass

from application.catalog.ports import ProductQueries
from application.catalog.views import ProductView
from domain.catalog.product import ProductStatus
from domain.shared.errors import NotFound
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class GetProduct:
    """Show one product, with what is available of it. Archived products are for staff only."""

    products: ProductQueries

    async def __call__(self, product_id: ProductId, *, include_archived: bool) -> ProductView:
        """Raise NotFound."""
        product = await self.products.get(product_id)
        if product is None or (product.status is ProductStatus.ARCHIVED and not include_archived):
            raise NotFound("There is no such product.")
        return product
