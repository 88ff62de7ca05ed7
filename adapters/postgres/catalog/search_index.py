from sqlalchemy import ARRAY, Text, bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.mapping import product_from, product_values
from adapters.postgres.core.errors import translated
from adapters.postgres.core.rows import ProductRow
from adapters.postgres.core.selects import PRODUCTS
from application.catalog.ports import ProductSearchIndex

_OUTDATED = (
    PRODUCTS.where(ProductRow.search_version != ProductRow.version)
    .order_by(ProductRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_UPDATE = (
    update(ProductRow)
    .where(ProductRow.id == bindparam("saved_id"))
    .values(
        sort_name=bindparam("sort_name"),
        search_words=func.array_to_tsvector(bindparam("words", type_=ARRAY(Text))),
        search_typos=bindparam("search_typos"),
        search_version=bindparam("search_version"),
    )
)
_COMPUTED = ("sort_name", "words", "search_typos", "search_version")


class PostgresProductSearchIndex(ProductSearchIndex):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def refresh(self, *, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                products = [
                    product_from(row) for row in await connection.execute(_OUTDATED, {"limit": limit})
                ]
                rows = [(product.id, product_values(product)) for product in products]
                if rows:
                    await connection.execute(
                        _UPDATE,
                        [
                            {"saved_id": id_, **{name: values[name] for name in _COMPUTED}}
                            for id_, values in rows
                        ],
                    )
        return len(products)
