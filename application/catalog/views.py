"""Views of the catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from domain.catalog.product import Product, ProductStatus
from domain.catalog.stock import MovementReason, Stock
from domain.shared.ids import ClientId, OrderId, ProductId, UserId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductView:
    """A product with its available units. The product and its stock have one common version."""

    id: ProductId
    sku: str
    name: str
    description: str
    price: Money
    attributes: Mapping[str, str]
    status: ProductStatus
    available: int
    max_per_order: int | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, product: Product, stock: Stock) -> Self:
        return cls(
            id=product.id,
            sku=product.sku,
            name=product.details.name,
            description=product.details.description,
            price=product.details.price,
            attributes=product.details.attributes,
            status=product.status,
            available=stock.available,
            max_per_order=product.details.max_per_order,
            version=product.version_with(stock),
            created_at=product.created_at,
            updated_at=product.updated_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StockView:
    product_id: ProductId
    sku: str
    on_hand: int
    reserved: int
    available: int
    version: int

    @classmethod
    def of(cls, stock: Stock, sku: str) -> Self:
        return cls(
            product_id=stock.product_id,
            sku=sku,
            on_hand=stock.on_hand,
            reserved=stock.reserved,
            available=stock.available,
            version=stock.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementView:
    """A row of the stock ledger: the change, the resulting stock, the reason and the actor."""

    on_hand_delta: int
    reserved_delta: int
    on_hand: int
    reserved: int
    reason: MovementReason
    note: str | None
    order_id: OrderId | None
    actor_id: UserId | ClientId | None
    request_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentView:
    """The result of adjusting the stocks of several products."""

    id: UUID
    reason: MovementReason
    note: str | None
    stocks: tuple[StockView, ...]
