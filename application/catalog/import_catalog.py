from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.catalog.product import Product, ProductDetails, ProductStatus
from domain.catalog.stock import Stock
from domain.shared.actor import Actor
from domain.shared.ids import ProductId

ROWS_AT_A_TIME = 500
"""Bounds the size of one statement that writes; the whole import is one transaction all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRow:
    """One product as an import file has it. `initial_stock` counts for new products only."""

    sku: str
    details: ProductDetails
    initial_stock: int

    def differs_from(self, product: Product) -> bool:
        return self.details != product.details or not product.is_for_sale


@dataclass(frozen=True, slots=True)
class ImportResult:
    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class ImportCatalog:
    """Import a catalog file: create products with new SKUs and change known ones, all or nothing.

    Products that the file does not name are not changed, nor is the stock of known products.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(
        self, rows: Sequence[CatalogRow], *, actor: Actor, progress: Callable[[int], None]
    ) -> ImportResult:
        """Import rows with distinct SKUs; `progress` is called with the number of further rows done. Raises SkuTaken."""
        results: list[ImportResult] = []
        async with self.unit_of_work(actor) as work:
            known = await self._lock_known(work, rows)
            for start in range(0, len(rows), ROWS_AT_A_TIME):
                portion = rows[start : start + ROWS_AT_A_TIME]
                results.append(await self._import(work, portion, known, actor))
                progress(len(portion))
            await work.commit()
        return ImportResult(
            created=sum(result.created for result in results),
            changed=sum(result.changed for result in results),
            unchanged=sum(result.unchanged for result in results),
        )

    async def _lock_known(
        self, work: UnitOfWork, rows: Sequence[CatalogRow]
    ) -> Mapping[str, tuple[Product, Stock]]:
        """Return the known products by SKU, all locked in one order, so that two imports cannot deadlock."""
        found = await work.products.find_by_sku([row.sku for row in rows])
        stocks = await work.stocks.lock([product.id for product in found.values()])
        products = await work.products.get(stocks)
        return {product.sku: (product, stocks[id_]) for id_, product in products.items()}

    async def _import(
        self,
        work: UnitOfWork,
        rows: Sequence[CatalogRow],
        known: Mapping[str, tuple[Product, Stock]],
        actor: Actor,
    ) -> ImportResult:
        now = self.clock.now()
        created: list[Product] = []
        opened: list[Stock] = []
        changed: list[Product] = []
        for row in rows:
            if row.sku not in known:
                stock = Stock.open(ProductId(self.ids.new()), row.initial_stock, now=now, actor=actor)
                opened.append(stock)
                created.append(
                    Product.create(
                        id=stock.product_id,
                        sku=row.sku,
                        details=row.details,
                        stock=stock,
                        now=now,
                    )
                )
                continue
            product, stock = known[row.sku]
            if row.differs_from(product):
                product.edit(row.details, ProductStatus.ACTIVE, stock=stock, now=now)
                changed.append(product)
        await work.stocks.add(opened)
        await work.products.add(created)
        await work.products.save(changed)
        return ImportResult(len(created), len(changed), len(rows) - len(created) - len(changed))
