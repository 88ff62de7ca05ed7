"""A fulfillment: units of an order that were shipped in one parcel."""

from dataclasses import dataclass
from datetime import datetime

from domain.shared.ids import FulfillmentId, LineId, OrderId
from domain.shared.text import TextRule

CARRIER = TextRule(min_length=1, max_length=100)
TRACKING = TextRule(min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class FulfilledLine:
    """Shipped units of a line."""

    line_id: LineId
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfillment:
    """One parcel with some units of an order. `tracking` is the carrier's tracking number."""

    id: FulfillmentId
    order_id: OrderId
    lines: tuple[FulfilledLine, ...]
    carrier: str | None
    tracking: str | None
    created_at: datetime
