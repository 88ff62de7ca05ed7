from dataclasses import dataclass

from application.catalog.get_product_for_update import get_product_for_update
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class ArchiveProduct:
    """Archive a product. The request fails if the product was edited after the caller read the product.

    Placed orders do not change.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, product_id: ProductId, *, expected_version: int, actor: Actor) -> None:
        """Archive the product. Raises NotFound, PreconditionFailed."""
        async with self.unit_of_work(actor) as work:
            product, stock = await get_product_for_update(work, product_id)
            product.ensure_unedited_since(expected_version, stock)
            if product.is_for_sale:
                product.archive(stock=stock, now=self.clock.now())
                await work.products.save([product])
                await work.commit()
