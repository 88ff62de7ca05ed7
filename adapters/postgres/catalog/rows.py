from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from adapters.postgres.core.schema import Row, currency, money, one_of
from domain.catalog.product import ProductStatus
from domain.catalog.stock import MovementReason


class StockRow(Row):
    """A stock. Half of each page stays empty, so that updated rows fit on the same page (HOT).

    Stocks are the most frequently updated rows. The index on `in_stock` permits a HOT update if the update does not
    change `in_stock`. `in_stock` changes only when the last available unit is taken, or when units become available
    again. An index on the expression `on_hand > reserved` would prevent HOT updates.
    """

    __tablename__ = "stocks"
    __table_args__ = (
        CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_within_on_hand"),
        Index(None, "in_stock", "product_id"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]
    version: Mapped[int]
    in_stock: Mapped[bool] = mapped_column(Computed("on_hand > reserved", persisted=True))


class StockMovementRow(Row):
    """The stock ledger. `version` is the version of the stock after the movement.

    Two concurrent writers cannot store the same version.

    No foreign key to the stock is needed, because a movement is written only while the stock is locked, and stocks
    are never deleted. To check a foreign key, PostgreSQL would look up the stock once for each line of each order.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        one_of("reason", MovementReason),
        Index(None, "occurred_at"),
    )

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    on_hand_delta: Mapped[int]
    reserved_delta: Mapped[int]
    on_hand: Mapped[int]
    reserved: Mapped[int]
    reason: Mapped[str]
    note: Mapped[str | None]
    order_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None]
    request_id: Mapped[str]
    occurred_at: Mapped[datetime]


class StockOpeningBalanceRow(Row):
    """The sums of a product's archived movements. `received` excludes shipments."""

    __tablename__ = "stock_opening_balances"

    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]
    received: Mapped[int]


class ProductRow(Row):
    """A product. Its stock is inserted first, so that every product has a stock.

    The domain computes `sort_name`, `search_words` and `search_typos` from the product. `search_version` is the
    version of the product for which these columns were computed. An earlier release changes `version` but not
    `search_version`. If the two numbers differ, the columns are outdated: see `ProductSearchIndex`.

    Names are sorted by code point on every server, as in Python.
    """

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("sku"),
        money("price_amount"),
        currency("price_currency"),
        one_of("status", ProductStatus),
        Index(None, "created_at", "id"),
        Index(None, "sort_name", "id"),
        Index(None, "price_currency", "price_amount", "id", postgresql_where=text("status = 'active'")),
        Index(None, "search_words", postgresql_using="gin"),
        Index(None, "search_typos", postgresql_using="gin"),
        Index("ix_products_search_outdated", "id", postgresql_where=text("search_version <> version")),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey(StockRow.product_id), primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    description: Mapped[str]
    price_amount: Mapped[int]
    price_currency: Mapped[str]
    attributes: Mapped[dict[str, str]]
    max_per_order: Mapped[int | None]
    status: Mapped[str]
    version: Mapped[int]
    stock_version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sort_name: Mapped[str] = mapped_column(Text(collation="C"))
    search_words: Mapped[str] = mapped_column(TSVECTOR)
    search_typos: Mapped[list[str]] = mapped_column(ARRAY(Text))
    search_version: Mapped[int] = mapped_column(server_default=text("0"))


class ProductWithStockRow(ProductRow):
    """The type of a result row, not a table: a product with columns of its stock."""

    __abstract__ = True

    available: int
    version_with_stock: int


class StockWithSkuRow(StockRow):
    """The type of a result row, not a table: a stock with the SKU of its product."""

    __abstract__ = True

    sku: str
