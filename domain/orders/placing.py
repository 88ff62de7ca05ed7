"""Placing of orders: either all lines of an order are reserved, or none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.product import Product
from domain.catalog.stock import Stock
from domain.orders.address import Address
from domain.orders.guest import Guest
from domain.orders.hold_limits import CustomerHolds, HoldLimits
from domain.orders.line import OrderLine, PricedLine, RequestedLine
from domain.orders.order import Order
from domain.orders.pricing import ensure_expected, priced, total_of
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, Violation
from domain.shared.ids import CallerId, LineId, OrderId, ProductId, UserId
from domain.shared.money import Money


class OutOfStock(DomainError):
    """At least one line requests more units than are available.

    The error names every line without enough stock.
    """

    code = "out_of_stock"

    def __init__(self, violations: Sequence[Violation], lines: int) -> None:
        super().__init__(f"{len(violations)} of {lines} lines cannot be supplied.", violations=violations)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """A request to place an order.

    The request is rejected if the total differs from `expected_total`.

    `placed_by` is the caller that places the order for its customer, or None if the customer places it. The order
    of a guest has no `customer_id`.
    """

    customer_id: UserId | None
    guest: Guest | None = None
    placed_by: CallerId | None = None
    lines: tuple[RequestedLine, ...]
    shipping_address: Address | None = None
    note: str | None = None
    expected_total: Money | None = None
    metadata: Mapping[str, str]

    def __post_init__(self) -> None:
        if (self.customer_id is None) is (self.guest is None) or (self.guest and self.placed_by is None):
            raise ValueError("An order is for a customer or for a guest, and no guest places it.")


@dataclass(frozen=True, slots=True)
class Quote:
    """The priced lines and the total of an order for which the stock is sufficient."""

    lines: tuple[PricedLine, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class ProductsWithStock:
    """The requested products with their stock."""

    products: Mapping[ProductId, Product]
    stocks: Mapping[ProductId, Stock]


def quote(request: OrderRequest, products_with_stock: ProductsWithStock) -> Quote:
    """Return the priced lines and the total of the request.

    Raises: ProductUnavailable, PriceChanged, OutOfStock, ValidationFailed. Each error lists every invalid line.
    """
    lines = priced(request.lines, products_with_stock.products)
    total = total_of(lines)
    ensure_expected(request.expected_total, total)
    _ensure_supplied(lines, products_with_stock.stocks, len(request.lines))
    return Quote(lines, total)


def place(
    request: OrderRequest,
    products_with_stock: ProductsWithStock,
    holds: CustomerHolds | None,
    limits: HoldLimits,
    *,
    idempotency_key: str,
    new_id: Callable[[], UUID],
    now: datetime,
    expires_at: datetime,
    actor: Actor,
) -> Order:
    """Reserve every line for a new order. The stocks and the customer must be locked.

    The new order is added to `holds`, so that the next order of the same batch is checked against the correct
    holds.

    Raises the errors of `quote`, TooManyUnpaidOrders, TooManyUnitsHeld, EmailNotVerified.
    """
    accepted = quote(request, products_with_stock)
    if holds is not None:
        limits.ensure_allow(holds, accepted.lines)
    order = Order.place(
        id=OrderId(new_id()),
        customer_id=request.customer_id,
        guest=request.guest,
        placed_by=request.placed_by,
        idempotency_key=idempotency_key,
        lines=[
            OrderLine(
                id=LineId(new_id()),
                product_id=line.product_id,
                sku=line.sku,
                name=line.name,
                unit_price=line.unit_price,
                quantity=line.quantity,
            )
            for line in accepted.lines
        ],
        total=accepted.total,
        shipping_address=request.shipping_address,
        note=request.note,
        metadata=request.metadata,
        expires_at=expires_at,
        now=now,
        actor=actor,
    )
    if holds is not None and accepted.total.amount > 0:
        holds.add_order(accepted.lines)
    for line in accepted.lines:
        products_with_stock.stocks[line.product_id].reserve(
            line.quantity, order_id=order.id, now=now, actor=actor
        )
    return order


def _ensure_supplied(lines: Sequence[PricedLine], stocks: Mapping[ProductId, Stock], requested: int) -> None:
    short = [
        Violation(
            ("lines", line.requested_at, "quantity"),
            "insufficient_stock",
            f"{line.quantity} requested, {stocks[line.product_id].available} available.",
            {
                "sku": line.sku,
                "requested": line.quantity,
                "available": stocks[line.product_id].available,
            },
        )
        for line in lines
        if not stocks[line.product_id].can_supply(line.quantity)
    ]
    if short:
        raise OutOfStock(short, requested)
