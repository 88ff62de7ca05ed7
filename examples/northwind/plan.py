"""The planned actions for each order.

The actions depend only on the order's Northwind number, so the result of the demo is known in advance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from examples.northwind.data import Northwind, NorthwindOrder

AUTHENTICATED = "tok_3ds_ok"
"""The token of a card whose bank asks for authentication (3-D Secure)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan for one order.

    `cards` are card tokens, one for each payment. The payment with the last token succeeds, and earlier payments
    fail. Without `cards`, the order stays unpaid.

    The customer cancels one unit of the SKU `cancelled`, and gets a refund for this unit. `shipped` is the number of
    shipped units by SKU. One unit of the SKU `returned` is returned and refunded. `rebate` is an additional refund in
    US cents.
    """

    cards: tuple[str, ...] = ()
    cancelled: str | None = None
    shipped: Mapping[str, int] = field(default_factory=dict)
    returned: str | None = None
    rebate: int = 0

    @property
    def is_paid(self) -> bool:
        return bool(self.cards)

    def refunded(self, northwind: Northwind) -> int:
        """Return the refund in US cents."""
        units = [sku for sku in (self.cancelled, self.returned) if sku]
        return self.rebate + sum(northwind.products[sku].price for sku in units)


def plan_of(northwind: Northwind, order: NorthwindOrder) -> Plan:
    """Return the plan for an order. The last two digits of the order number determine the plan.

    Four of ten orders are paid, and three of these four are shipped. One order in a hundred is paid with a card whose
    bank asks for authentication. The demo waits ten seconds for this authentication.
    """
    good, first = ("tok_ok",), next(iter(order.quantities))
    if order.id % 100 == 1:
        return Plan(cards=(AUTHENTICATED,), shipped=order.quantities)
    match order.id % 10:
        case 0:
            return Plan(cards=good, shipped=order.quantities)
        case 3:
            return Plan(cards=good, shipped=order.quantities, returned=first)
        case 5:
            return Plan(cards=("tok_declined", *good), cancelled=first)
        case 7:
            one_of_each = dict.fromkeys(order.quantities, 1)
            return Plan(cards=good, shipped=one_of_each, rebate=northwind.total(order) // 10)
        case _:
            return Plan()
