"""Order lines: requested, priced and placed."""

from dataclasses import dataclass

from domain.shared.ids import LineId, ProductId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """A requested product and quantity. The client never sends a price."""

    product_id: ProductId
    quantity: int


@dataclass(frozen=True, slots=True)
class CancelledLine:
    """Canceled units of a line."""

    line_id: LineId
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A requested line with the product's name, SKU and price.

    Name, SKU and price are copied, so that later edits of the product do not change the order.

    A client's request may have several lines for the product. `requested_at` is the position of the first of
    these lines.
    """

    requested_at: int
    product_id: ProductId
    sku: str
    name: str
    unit_price: Money
    quantity: int

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity


@dataclass(slots=True, kw_only=True)
class OrderLine:
    """A line of a placed order.

    `fulfilled`, `cancelled`, `returned` and `refunded` count units. A unit is fulfilled or canceled, never
    both. Returned units still count as fulfilled.
    """

    id: LineId
    product_id: ProductId
    sku: str
    name: str
    unit_price: Money
    quantity: int
    fulfilled: int = 0
    cancelled: int = 0
    returned: int = 0
    refunded: int = 0

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity

    @property
    def left_to_ship(self) -> int:
        """Units that are neither fulfilled nor canceled."""
        return self.quantity - self.fulfilled - self.cancelled
