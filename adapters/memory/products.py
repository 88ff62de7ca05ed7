from collections.abc import Iterable, Mapping, Sequence

from adapters.memory.copying import copied
from adapters.memory.database import reach
from adapters.memory.stocks import stock_row
from adapters.memory.transaction import IntegrityError, Transaction
from application.catalog.ports import ProductRepository, ProductSearchIndex, SkuTaken
from domain.catalog.product import Product
from domain.shared.ids import ProductId


class MemoryProductRepository(ProductRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, products: Sequence[Product]) -> None:
        await reach()
        await self._transaction.lock([("products.sku", product.sku) for product in products])
        tables = self._transaction.tables
        for product in products:
            if product.id not in tables.stocks:
                self._transaction.fail(IntegrityError("product added before its stock"))
            if product.sku in tables.product_ids:
                self._transaction.fail(SkuTaken())
            tables.product_ids[product.sku] = product.id
            self._write(product)

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        await reach()
        products = self._transaction.tables.products
        return {id_: copied(products[id_]) for id_ in sorted(set(product_ids)) if id_ in products}

    async def find_by_sku(self, skus: Iterable[str]) -> Mapping[str, Product]:
        await reach()
        tables = self._transaction.tables
        known = sorted(set(skus) & tables.product_ids.keys())
        return {sku: copied(tables.products[tables.product_ids[sku]]) for sku in known}

    async def save(self, products: Sequence[Product]) -> None:
        await reach()
        for product in products:
            self._write(product)

    def _write(self, product: Product) -> None:
        self._transaction.ensure_locked(stock_row(product.id))
        self._transaction.record(product.take_events())
        self._transaction.tables.products[product.id] = copied(product)


class MemoryProductSearchIndex(ProductSearchIndex):
    """Nothing is stored: words are computed when they are compared."""

    async def refresh(self, *, limit: int) -> int:  # noqa: ARG002 - the port's
        return 0
