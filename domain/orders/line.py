"""Order lines: requested, priced and placed."""

from dataclasses import dataclass

from domain.shared.ids import LineId, ProductId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """A requested product and quantity. The client never sends a price."""

    product_id: ProductId
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A requested line with the product's name, SKU and price. They are copied, so that later edits change no order.

    `requested_at` is the position, in the client's request, of the first line for this product.
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
    """A line of a placed order. `fulfilled` and `refunded` count units."""

    id: LineId
    product_id: ProductId
    sku: str
    name: str
    unit_price: Money
    quantity: int
    fulfilled: int = 0
    refunded: int = 0

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity

    @property
    def unfulfilled(self) -> int:
        return self.quantity - self.fulfilled

    def refund_for(self, units: int) -> Money:
        """Return the amount for the next refunded units.

        The first k of `quantity` units cost floor(total * k / quantity), so that any sequence of partial refunds adds
        up to the total.
        """
        done, after = self.refunded, self.refunded + units
        cents = self.total.amount * after // self.quantity - self.total.amount * done // self.quantity
        return Money(cents, self.unit_price.currency)
