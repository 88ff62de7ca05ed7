"""What happens to orders."""

from dataclasses import dataclass
from uuid import UUID

from domain.shared.events import Event
from domain.shared.ids import UserId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(Event):
    aggregate_type = "order"

    number: str
    customer_id: UserId
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedLine:
    product_id: UUID
    sku: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(OrderEvent):
    type = "order.placed"

    lines: tuple[PlacedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    type = "order.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderEvent):
    type = "order.cancelled"

    reason: str | None
