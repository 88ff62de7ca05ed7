from sqlalchemy import ARRAY, Text, bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.catalog.mapping import PRODUCTS, product_from, search_values
from adapters.postgres.catalog.rows import ProductRow
from adapters.postgres.core.errors import translated
from adapters.postgres.core.result_row import typed_rows
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


class PostgresProductSearchIndex(ProductSearchIndex):
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def refresh(self, *, limit: int) -> int:
        with translated():
            async with self._engine.begin() as connection:
                result = await connection.execute(_OUTDATED, {"limit": limit})
                products = [product_from(row) for row in typed_rows(ProductRow, result.all())]
                if products:
                    await connection.execute(
                        _UPDATE,
                        [{"saved_id": product.id, **search_values(product)} for product in products],
                    )
        return len(products)
