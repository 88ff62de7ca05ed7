from dataclasses import dataclass

from application.catalog.views import ProductView
from application.shared.idempotency import IdempotencyKey, IdempotentResult
from application.shared.ports import Clock, IdFactory
from application.shared.run_once import run_once
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.catalog.product import Product, ProductDetails
from domain.catalog.stock import Stock
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateProductCommand:
    sku: str
    details: ProductDetails
    initial_stock: int
    key: IdempotencyKey | None
    actor: Actor


@dataclass(frozen=True, slots=True)
class CreateProduct:
    """Create an active product with its initial stock. The SKU must be unique."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(self, command: CreateProductCommand) -> IdempotentResult[ProductView]:
        """Return the new product.

        Raises SkuTaken, StockConflict, IdempotencyKeyReused, IdempotencyInFlight.
        """
        async with self.unit_of_work(command.actor) as work:
            return await run_once(work, command.key, ProductView, lambda: self._create(work, command))

    async def _create(self, work: UnitOfWork, command: CreateProductCommand) -> ProductView:
        now = self.clock.now()
        product_id = ProductId(self.ids.new())
        stock = Stock.open(product_id, command.initial_stock, now=now, actor=command.actor)
        product = Product.create(
            id=product_id,
            sku=command.sku,
            details=command.details,
            stock=stock,
            now=now,
        )
        await work.stocks.add([stock])
        await work.products.add([product])
        return ProductView.of(product, stock)
