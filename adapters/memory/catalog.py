from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from adapters.memory.core.copying import copied
from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.keyset import page
from adapters.memory.core.transaction import IntegrityError, Transaction
from application.audit.trail import AuditTrail
from application.catalog.ports import (
    ProductFilter,
    ProductQueries,
    ProductRepository,
    ProductSearchIndex,
    ProductSort,
    SkuTaken,
    StockLedger,
    StockQueries,
    StockRepository,
)
from application.catalog.views import MovementView, ProductView, StockView
from application.shared.page import Page, Position
from domain.catalog import search
from domain.catalog.product import Product
from domain.catalog.stock import Movement, ReservationExceedsStock, Stock
from domain.shared.ids import ProductId


class MemoryProductRepository(ProductRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, products: Sequence[Product]) -> None:
        await yield_control()
        await self._transaction.lock([("products.sku", product.sku) for product in products])
        await self._transaction.lock(product_row(product.id) for product in products)
        tables = self._transaction.tables
        for product in products:
            if product.id not in tables.stocks:
                self._transaction.fail(IntegrityError("product added before its stock"))
            if product.sku in tables.product_ids:
                self._transaction.fail(SkuTaken())
            tables.product_ids[product.sku] = product.id
            self._write(product)

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        await yield_control()
        products = self._transaction.tables.products
        return {id_: copied(products[id_]) for id_ in sorted(set(product_ids)) if id_ in products}

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        wanted = set(product_ids)
        await self._transaction.lock(product_row(product_id) for product_id in wanted)
        return await self.get(wanted)

    async def find_by_sku(self, skus: Iterable[str]) -> Mapping[str, Product]:
        await yield_control()
        tables = self._transaction.tables
        known = sorted(set(skus) & tables.product_ids.keys())
        return {sku: copied(tables.products[tables.product_ids[sku]]) for sku in known}

    async def save(self, products: Sequence[Product]) -> None:
        await yield_control()
        for product in products:
            self._write(product)

    def _write(self, product: Product) -> None:
        self._transaction.ensure_locked(product_row(product.id))
        self._transaction.require_lock_at_commit(stock_row(product.id))
        self._transaction.record(product.take_events())
        self._transaction.tables.products[product.id] = copied(product)


class MemoryProductSearchIndex(ProductSearchIndex):
    """A search index that stores nothing, because each search computes the words again."""

    async def refresh(self, *, limit: int) -> int:  # noqa: ARG002 - the port has this parameter for stored indexes
        return 0


def product_row(product_id: ProductId) -> Row:
    return "products", product_id.hex


def stock_row(product_id: ProductId) -> Row:
    return "stocks", product_id.hex


class MemoryStockRepository(StockRepository):
    def __init__(self, transaction: Transaction, audit: AuditTrail) -> None:
        self._transaction = transaction
        self._audit = audit

    async def add(self, stocks: Sequence[Stock]) -> None:
        await yield_control()
        await self._transaction.lock(stock_row(stock.product_id) for stock in stocks)
        for stock in stocks:
            if stock.product_id in self._transaction.tables.stocks:
                self._transaction.fail(IntegrityError("stock added twice"))
            self._write(stock)

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        await yield_control()
        stocks = self._transaction.tables.stocks
        return {id_: copied(stocks[id_]) for id_ in sorted(set(product_ids)) if id_ in stocks}

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        wanted = set(product_ids)
        await self._transaction.lock(stock_row(product_id) for product_id in wanted)
        return await self.get(wanted)

    async def save(self, stocks: Iterable[Stock]) -> None:
        await yield_control()
        for stock in stocks:
            self._transaction.ensure_locked(stock_row(stock.product_id))
            stored = self._transaction.tables.stocks[stock.product_id]
            if stored.version != stock.version - len(stock.movements):
                self._transaction.fail(IntegrityError("stock written that another write has changed since"))
            self._write(stock)

    def _write(self, stock: Stock) -> None:
        if not 0 <= stock.reserved <= stock.on_hand:
            self._transaction.fail(ReservationExceedsStock())
        self._audit.follow_movements(stock.movements)
        self._transaction.record(stock.take_events())
        first = stock.version - len(stock.movements) + 1
        for version, movement in enumerate(stock.movements, first):
            self._transaction.tables.movements[stock.product_id, version] = movement
        stock.movements.clear()
        self._transaction.tables.stocks[stock.product_id] = copied(stock)


class MemoryProductQueries(ProductQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, product_id: ProductId) -> ProductView | None:
        await yield_control()
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
        await yield_control()
        found = self._found(criteria)
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

    async def count(self, criteria: ProductFilter) -> int:
        await yield_control()
        return len(self._found(criteria))

    def _found(self, criteria: ProductFilter) -> dict[ProductId, Product]:
        return {
            product.id: product
            for product in self._database.tables.products.values()
            if _product_meets(product, self._stock_of(product), criteria)
        }

    def _stock_of(self, product: Product) -> Stock:
        return self._database.tables.stocks[product.id]


def _sort_value(product: Product, sort: ProductSort) -> str | int | datetime:
    match sort:
        case ProductSort.CREATED_AT:
            return product.created_at
        case ProductSort.NAME:
            return product.sort_name
        case ProductSort.PRICE:
            return product.details.price.amount


def _product_meets(product: Product, stock: Stock, criteria: ProductFilter) -> bool:
    return (
        criteria.status in {None, product.status}
        and criteria.sku in {None, product.sku}
        and criteria.currency in {None, product.details.price.currency}
        and (criteria.min_price is None or criteria.min_price <= product.details.price.amount)
        and (criteria.max_price is None or product.details.price.amount <= criteria.max_price)
        and criteria.in_stock in {None, stock.available > 0}
        and (criteria.changed_after is None or criteria.changed_after <= product.updated_at)
        and (criteria.changed_before is None or product.updated_at < criteria.changed_before)
        and (criteria.query is None or _is_found(product, criteria.query))
    )


def _is_found(product: Product, query: str) -> bool:
    wanted = search.terms(query)
    return bool(wanted) and all(
        any(map(term.matches, product.search_words))
        or not product.search_typos.isdisjoint(search.typo_variants(term.word))
        for term in wanted
    )


class MemoryStockLedger(StockLedger):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def prune(self, *, before: datetime, limit: int) -> int:
        await yield_control()
        movements = self._database.tables.movements
        old = [key for key, movement in movements.items() if movement.at < before][:limit]
        for key in old:
            del movements[key]
        return len(old)


class MemoryStockQueries(StockQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, product_id: ProductId) -> StockView | None:
        await yield_control()
        tables = self._database.tables
        product = tables.products.get(product_id)
        return StockView.of(tables.stocks[product_id], product.sku) if product else None

    async def movements(
        self, product_id: ProductId, *, after: Position | None, limit: int
    ) -> Page[MovementView]:
        await yield_control()
        ledger = [
            (version, movement)
            for (id_, version), movement in self._database.tables.movements.items()
            if id_ == product_id
        ]
        return page(
            ledger,
            position=lambda numbered: (numbered[0],),
            show=lambda numbered: _movement_view(numbered[1]),
            descending=True,
            after=after,
            limit=limit,
        )


def _movement_view(movement: Movement) -> MovementView:
    return MovementView(
        on_hand_delta=movement.on_hand_delta,
        reserved_delta=movement.reserved_delta,
        on_hand=movement.on_hand,
        reserved=movement.reserved,
        reason=movement.reason,
        note=movement.note,
        order_id=movement.order_id,
        actor_id=movement.actor.id,
        request_id=movement.actor.request_id,
        at=movement.at,
    )
