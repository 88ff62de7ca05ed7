from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, insert, update

from adapters.postgres.catalog.mapping import product_from, product_values
from adapters.postgres.core.rows import ProductRow
from adapters.postgres.core.selects import PRODUCTS
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.events.outbox import Outbox
from application.catalog.ports import ProductRepository
from domain.catalog.product import Product
from domain.shared.ids import ProductId

_GET = PRODUCTS.where(ProductRow.id == any_(bindparam("product_ids", type_=ARRAY(Uuid))))
_FIND = PRODUCTS.where(ProductRow.sku == any_(bindparam("skus", type_=ARRAY(Text))))
_SEARCH_WORDS = func.array_to_tsvector(bindparam("words", type_=ARRAY(Text)))
_INSERT = insert(ProductRow).values(search_words=_SEARCH_WORDS)
_UPDATE = update(ProductRow).where(ProductRow.id == bindparam("saved_id")).values(search_words=_SEARCH_WORDS)


class PostgresProductRepository(ProductRepository):
    """Many products are written by one prepared statement that the driver sends at once: imports are not hot."""

    def __init__(self, transaction: Transaction, outbox: Outbox) -> None:
        self._transaction = transaction
        self._outbox = outbox

    async def add(self, products: Sequence[Product]) -> None:
        if products:
            # In one order, so that two imports of the same SKUs do not wait for each other.
            rows = sorted(map(product_values, products), key=itemgetter("sku"))
            await self._transaction.execute(_INSERT, rows)
            self._record(products)

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        rows = await self._transaction.execute(_GET, {"product_ids": list(set(product_ids))})
        return {product.id: product for product in map(product_from, rows)}

    async def find_by_sku(self, skus: Iterable[str]) -> Mapping[str, Product]:
        rows = await self._transaction.execute(_FIND, {"skus": list(set(skus))})
        return {product.sku: product for product in map(product_from, rows)}

    async def save(self, products: Sequence[Product]) -> None:
        if products:
            await self._transaction.execute(
                _UPDATE, [{"saved_id": product.id, **product_values(product)} for product in products]
            )
            self._record(products)

    def _record(self, products: Sequence[Product]) -> None:
        for product in products:
            self._outbox.record(product.take_events())
