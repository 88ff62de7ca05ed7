from datetime import datetime

from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.queries.keyset import page
from application.catalog.ports import ProductFilter, ProductQueries, ProductSort
from application.catalog.views import ProductView
from application.shared.page import Page, Position
from domain.catalog import search
from domain.catalog.product import Product
from domain.catalog.stock import Stock
from domain.shared.ids import ProductId


class MemoryProductQueries(ProductQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, product_id: ProductId) -> ProductView | None:
        await reach()
        product = self._database.tables.products.get(product_id)
        return ProductView.of(product, self._stock_of(product)) if product else None

    async def list(
        self,
        criteria: ProductFilter,
        *,
        sort: ProductSort,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[ProductView]:
        await reach()
        found = {
            product.id: product
            for product in self._database.tables.products.values()
            if _meets(product, self._stock_of(product), criteria)
        }
        exact: list[ProductView] = []
        if limit > 1:
            for product in [product for product in found.values() if product.sku == criteria.query]:
                exact = [ProductView.of(product, self._stock_of(product))] if after is None else []
                del found[product.id]
        others = page(
            found.values(),
            position=lambda product: (_sort_value(product, sort), product.id),
            show=lambda product: ProductView.of(product, self._stock_of(product)),
            descending=descending,
            after=after,
            limit=limit - len(exact),
        )
        return Page((*exact, *others.items), others.next)

    def _stock_of(self, product: Product) -> Stock:
        return self._database.tables.stocks[product.id]


def _sort_value(product: Product, sort: ProductSort) -> str | int | datetime:
    match sort:
        case ProductSort.CREATED_AT:
            return product.created_at
        case ProductSort.NAME:
            return product.sort_name
        case ProductSort.PRICE:
            return product.price.amount


def _meets(product: Product, stock: Stock, criteria: ProductFilter) -> bool:
    return (
        criteria.status in {None, product.status}
        and criteria.sku in {None, product.sku}
        and criteria.currency in {None, product.price.currency}
        and (criteria.min_price is None or criteria.min_price <= product.price.amount)
        and (criteria.max_price is None or product.price.amount <= criteria.max_price)
        and criteria.in_stock in {None, stock.available > 0}
        and (criteria.query is None or _is_found(product, criteria.query))
    )


def _is_found(product: Product, query: str) -> bool:
    wanted = search.terms(query)
    return bool(wanted) and all(
        any(map(term.matches, product.search_words))
        or not product.search_typos.isdisjoint(search.typo_variants(term.word))
        for term in wanted
    )
