from dataclasses import dataclass

from application.catalog.get_product_for_update import get_product_for_update
from application.catalog.views import ProductView
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.catalog.product import ProductChanges
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProductCommand:
    """`expected_version` is the version that the editor read before editing."""

    product_id: ProductId
    expected_version: int
    changes: ProductChanges
    actor: Actor


@dataclass(frozen=True, slots=True)
class ChangeProduct:
    """Change a product. The request fails if the product was edited after the caller read the product.

    A sale is not an edit. The names and prices in placed orders do not change.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, command: ChangeProductCommand) -> ProductView:
        """Return the changed product. Raises NotFound, PreconditionFailed."""
        async with self.unit_of_work(command.actor) as work:
            product, stock = await get_product_for_update(work, command.product_id)
            product.ensure_unedited_since(command.expected_version, stock)
            product.change(command.changes, stock=stock, now=self.clock.now())
            view = ProductView.of(product, stock)
            await work.products.save([product])
            await work.commit()
        return view
