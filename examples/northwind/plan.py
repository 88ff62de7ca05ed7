"""The planned actions for each order, derived from its Northwind number, so that the result is known in advance."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from examples.northwind.data import Northwind, NorthwindOrder


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan for one order. The customer tries the tokens in `cards`; the last one is accepted.

    Without `cards` the order stays unpaid. `shipped` are units by SKU. One unit of the SKU `returned` is returned and
    refunded. `rebate` is a further refund in US cents.
    """

    cards: tuple[str, ...] = ()
    shipped: Mapping[str, int] = field(default_factory=dict)
    returned: str | None = None
    rebate: int = 0

    @property
    def is_paid(self) -> bool:
        return bool(self.cards)

    def refunded(self, northwind: Northwind) -> int:
        """Return the refund in US cents."""
        return self.rebate + (northwind.products[self.returned].price if self.returned else 0)


def plan_of(northwind: Northwind, order: NorthwindOrder) -> Plan:
    """Return the plan by the order number's last digit: four of ten are paid, and three of these are shipped."""
    good = ("tok_ok",)
    match order.id % 10:
        case 0:
            return Plan(cards=good, shipped=order.quantities)
        case 3:
            return Plan(cards=good, shipped=order.quantities, returned=next(iter(order.quantities)))
        case 5:
            return Plan(cards=("tok_declined", *good))
        case 7:
            one_of_each = dict.fromkeys(order.quantities, 1)
            return Plan(cards=good, shipped=one_of_each, rebate=northwind.total(order) // 10)
        case _:
            return Plan()
