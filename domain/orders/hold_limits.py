"""Limits on the stock that a customer can hold without paying."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.orders.line import PricedLine
from domain.shared.errors import DomainError, Violation
from domain.shared.ids import ProductId
from domain.users.user import UserStatus


class TooManyUnpaidOrders(DomainError):
    """The customer already has the maximum number of open unpaid orders."""

    code = "too_many_unpaid_orders"

    def __init__(self, allowed: int) -> None:
        super().__init__(
            f"At most {allowed} orders can wait for payment at a time. Pay for one of them, or cancel it.",
            params={"allowed": allowed},
        )


class TooManyUnitsHeld(DomainError):
    """With the new order, the customer would hold more unpaid units of a product than permitted.

    The error names every line above the limit.
    """

    code = "too_many_units_held"

    def __init__(self, allowed: int, violations: Sequence[Violation]) -> None:
        super().__init__(
            f"At most {allowed} units of a product can wait for payment at a time.",
            params={"allowed": allowed},
            violations=violations,
        )


class EmailNotVerified(DomainError):
    """The customer's e-mail address is not verified, but the shop requires a verified address."""

    code = "email_not_verified"

    def __init__(self) -> None:
        super().__init__("Verify the e-mail address of the account first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLimits:
    """Limits on what a customer can hold in unpaid orders. 0 means no limit.

    `max_unpaid_orders` limits a customer's open unpaid orders. `max_units_held` limits the units of one product in
    these orders.
    """

    max_unpaid_orders: int = 0
    max_units_held: int = 0
    requires_verified_email: bool = False

    @property
    def counts_holds(self) -> bool:
        """Whether a limit applies. If no limit applies, the customer's holds need not be loaded."""
        return bool(self.max_unpaid_orders or self.max_units_held)

    def ensure_allow(self, holds: "CustomerHolds", lines: Sequence[PricedLine]) -> None:
        """Raise an error if the limits do not permit an order of these lines.

        Raises TooManyUnpaidOrders, TooManyUnitsHeld, EmailNotVerified.
        """
        if self.requires_verified_email and not holds.email_verified:
            raise EmailNotVerified
        if self.max_unpaid_orders and holds.unpaid_orders >= self.max_unpaid_orders:
            raise TooManyUnpaidOrders(self.max_unpaid_orders)
        if not self.max_units_held:
            return
        exceeding = [
            Violation(
                ("lines", line.requested_at, "quantity"),
                "too_many_units_held",
                f"{held} units are held by unpaid orders, {line.quantity} requested.",
                {"sku": line.sku, "requested": line.quantity, "held": held, "allowed": self.max_units_held},
            )
            for line in lines
            if (held := holds.units.get(line.product_id, 0)) + line.quantity > self.max_units_held
        ]
        if exceeding:
            raise TooManyUnitsHeld(self.max_units_held, exceeding)


@dataclass(slots=True, kw_only=True)
class CustomerHolds:
    """The state of a customer's account, and the units in the customer's open unpaid orders.

    `units` contains the held units by product, but only for the products in the request.
    """

    status: UserStatus
    email_verified: bool
    unpaid_orders: int = 0
    units: dict[ProductId, int] = field(default_factory=dict)

    def add_order(self, lines: Iterable[PricedLine]) -> None:
        """Count an order that the customer has placed in this batch."""
        self.unpaid_orders += 1
        for line in lines:
            self.units[line.product_id] = self.units.get(line.product_id, 0) + line.quantity
