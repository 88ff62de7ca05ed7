from dataclasses import dataclass
from typing import Self

from domain.orders.lifecycle import Party
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class OrderAccess:
    """The orders that a caller may read or change: one customer's own orders, or all orders.

    Use cases and queries require a value of this type and have no default. Access to all orders must therefore
    be requested explicitly.
    """

    party: Party
    """The party that the caller belongs to. The order lifecycle lists the parties of each action."""
    customer_id: UserId | None

    def __post_init__(self) -> None:
        if (self.party is Party.OWNER) is (self.customer_id is None):
            raise ValueError("An owner's access names the customer, and staff access names none.")

    @classmethod
    def own(cls, customer_id: UserId) -> Self:
        return cls(Party.OWNER, customer_id)

    @classmethod
    def all(cls) -> Self:
        return cls(Party.STAFF, None)

    def permits(self, customer_id: UserId | None) -> bool:
        """Return whether the access covers orders of this customer."""
        return self.party is Party.STAFF or self.customer_id == customer_id
