"""Ports of the catalog."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from application.catalog.views import MovementView, ProductView, StockView
from application.retention.ports import PrunableRecords
from application.shared.page import Page, Position
from domain.catalog.product import Product, ProductStatus
from domain.catalog.stock import Stock
from domain.shared.errors import DomainError
from domain.shared.ids import ProductId


class SkuTaken(DomainError):
    """Another product has this SKU."""

    code = "sku_taken"

    def __init__(self) -> None:
        super().__init__("There is a product with this SKU.")


class ProductRepository(Protocol):
    async def add(self, products: Sequence[Product]) -> None:
        """Add products. Their stocks must be added first. Raises SkuTaken."""
        ...

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        """Return the products with these ids. Unknown ids are left out.

        While the caller holds the lock of a product's stock, no other transaction commits a change of this product.
        """
        ...

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Product]:
        """Lock the products until the unit of work ends, and return them. Unknown ids are left out.

        Transactions that place orders do not wait for these locks. The locks are taken in one fixed sequence. Call
        this method before `StockRepository.lock`. Raises Overloaded if a lock is not released in time.
        """
        ...

    async def find_by_sku(self, skus: Iterable[str]) -> Mapping[str, Product]:
        """Return the products with these SKUs. Unknown SKUs are left out."""
        ...

    async def save(self, products: Sequence[Product]) -> None:
        """Save locked products. Their stocks must be locked before the commit."""
        ...


class StockRepository(Protocol):
    async def add(self, stocks: Sequence[Stock]) -> None:
        """Add the stocks of new products, with their movements."""
        ...

    async def get(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        """Return the stocks without locking them. Unknown ids are left out."""
        ...

    async def lock(self, product_ids: Iterable[ProductId]) -> Mapping[ProductId, Stock]:
        """Lock the stocks until the unit of work ends, and return them. Unknown ids are left out.

        The locks are taken in one fixed sequence, which rules out deadlocks. Raises Overloaded if a lock is not
        released in time.
        """
        ...

    async def save(self, stocks: Iterable[Stock]) -> None:
        """Save locked stocks, with their movements.

        Raises ReservationExceedsStock if more units are reserved than on hand. Raises another error if a stock was
        changed after this unit of work read the stock.

        These errors may be raised by a later call instead, at the latest by `flush` or `commit`.
        """
        ...


class StockLedger(PrunableRecords, Protocol):
    """The stored movements of all stocks. The methods need no unit of work."""

    async def prune(self, *, before: datetime, limit: int) -> int:
        """Delete at most `limit` movements older than `before`, and add their quantities to opening balances.

        Each product has one opening balance.

        Returns the number of deleted movements.
        """
        ...


class ProductSort(StrEnum):
    CREATED_AT = "created_at"
    NAME = "name"
    PRICE = "price"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFilter:
    """The conditions on the products of a list.

    Prices are in minor units of `currency`. The price range includes both bounds.

    `changed_after` and `changed_before` limit the time of the last edit: `changed_after` <= `updated_at` <
    `changed_before`.

    A product matches `query` if the product matches every word of the query. A query word matches in two cases. In
    the first case, a word of the product begins with the query word. In the second case, the query word is one typo
    away from a word of the product's name or SKU. For details, see `domain.catalog.search`.

    `sku` must be equal to the product's SKU.
    """

    query: str | None = None
    sku: str | None = None
    status: ProductStatus | None = ProductStatus.ACTIVE
    currency: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool | None = None
    changed_after: datetime | None = None
    changed_before: datetime | None = None


class ProductQueries(Protocol):
    """Reads of the catalog, outside of a unit of work."""

    async def get(self, product_id: ProductId) -> ProductView | None: ...

    async def list(
        self,
        criteria: ProductFilter,
        *,
        sort: ProductSort,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[ProductView]:
        """Return the products after a position, sorted by `sort` and then by id.

        `descending` applies to both sort keys.

        If `limit` is at least 2 and a product's SKU equals the query, this product comes first on the first page.
        No later page contains this product.
        """
        ...

    async def count(self, criteria: ProductFilter) -> int:
        """Return the number of products that `list` returns on all pages together."""
        ...


class ProductSearchIndex(Protocol):
    """The search words that are stored with the products."""

    async def refresh(self, *, limit: int) -> int:
        """Recompute the search words of at most `limit` products.

        Only products whose search words were stored by an earlier release are recomputed. Products that another
        transaction has locked are skipped.

        Returns the number of recomputed products. Raises Overloaded, DatabaseUnavailable.
        """
        ...


class StockQueries(Protocol):
    """Reads of stocks and their ledgers, outside of any unit of work."""

    async def get(self, product_id: ProductId) -> StockView | None: ...

    async def movements(
        self, product_id: ProductId, *, after: Position | None, limit: int
    ) -> Page[MovementView]:
        """Return the movements of a product's stock, the newest first."""
        ...
