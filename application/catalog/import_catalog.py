from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from application.catalog.plan_import import ROWS_AT_A_TIME, CatalogRow, ImportPlan, ProductValues
from application.shared.ports import Clock, IdFactory
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.catalog.product import Product, ProductStatus
from domain.catalog.stock import Stock
from domain.shared.actor import Actor
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class ImportResult:
    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class ImportCatalog:
    """Import the planned rows of a catalog file in one transaction: either all rows or none.

    If the process is killed, the import is never partial.

    Only products that change are locked. Transactions that place orders do not wait for these locks. Directly
    before the commit, the import also locks the stocks of these products. Transactions that place orders lock the
    same stocks, so no product changes during such a transaction.

    Products that are missing in the file do not change. The stock of existing products does not change.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory

    async def __call__(
        self, plan: ImportPlan, *, actor: Actor, progress: Callable[[int], None]
    ) -> ImportResult:
        """Import the rows. After each batch, call `progress` with the number of rows in the batch.

        Raises SkuTaken, Overloaded.
        """
        known = {row.product_id: row.row for row in plan.rows if row.product_id is not None}
        # Lists sort products by id. New ids are created in the sequence of the rows, so that lists show the new
        # products in this sequence.
        new = [(ProductId(self.ids.new()), row.row) for row in plan.rows if row.product_id is None]
        changed: list[Product] = []
        async with self.unit_of_work(actor) as work:
            # All imports lock products in the same sequence, which prevents deadlocks.
            for ids in _batches(sorted(known)):
                changed += await self._change(work, {id_: known[id_] for id_ in ids}, replace=plan.replace)
                await work.flush()
                progress(len(ids))
            for rows in _batches(sorted(new, key=lambda numbered: numbered[1].sku)):
                await self._create(work, rows, actor)
                await work.flush()
                progress(len(rows))
            stocks = await work.stocks.lock(product.id for product in changed)
            await work.products.save([p for p in changed if p.update_stock_version(stocks[p.id])])
            await work.commit()
        return ImportResult(len(new), len(changed), plan.unchanged + len(known) - len(changed))

    async def _change(
        self, work: UnitOfWork, rows: Mapping[ProductId, CatalogRow], *, replace: bool
    ) -> Sequence[Product]:
        """Change existing products, and return the products that changed.

        If a product already has the values of the row, the product does not change. This happens if another editor
        made the same change after the import was planned.
        """
        products = await work.products.lock(rows)
        stocks = await work.stocks.get(rows)
        changed: list[Product] = []
        for product in products.values():
            values = rows[product.id].values_for(product, replace=replace)
            if values != ProductValues(product.details, product.status):
                product.edit(*values, stock=stocks[product.id], now=self.clock.now())
                changed.append(product)
        await work.products.save(changed)
        return changed

    async def _create(
        self, work: UnitOfWork, rows: Sequence[tuple[ProductId, CatalogRow]], actor: Actor
    ) -> None:
        now = self.clock.now()
        stocks: list[Stock] = []
        products: list[Product] = []
        for product_id, row in rows:
            details, status = row.values_for(None, replace=False)
            stock = Stock.open(product_id, row.initial_stock, now=now, actor=actor)
            product = Product.create(id=product_id, sku=row.sku, details=details, stock=stock, now=now)
            if status is ProductStatus.ARCHIVED:
                product.archive(stock=stock, now=now)
            stocks.append(stock)
            products.append(product)
        await work.stocks.add(stocks)
        await work.products.add(products)


T = TypeVar("T")


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), ROWS_AT_A_TIME):
        yield items[start : start + ROWS_AT_A_TIME]
