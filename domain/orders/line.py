"""What is ordered of one product, at the price and name of the moment of ordering."""

from dataclasses import dataclass

from domain.shared.ids import LineId, ProductId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """What a client asks for. The client never says a price."""

    product_id: ProductId
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """What a client would get: the product's name, SKU and price copied, so that later edits change no order.

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
        """Return what the next so many units cost that are paid back.

        Of `quantity` units the first k cost floor(total * k / quantity), so that whatever the portions in which they
        are paid back, all of them add up to the total.
        """
        done, after = self.refunded, self.refunded + units
        cents = self.total.amount * after // self.quantity - self.total.amount * done // self.quantity
        return Money(cents, self.unit_price.currency)
