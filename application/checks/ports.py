"""The invariants of the shop, and the port for checking the invariants in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Invariant(StrEnum):
    """A rule that must hold at any time, even after concurrent requests, rejections and crashes."""

    NOTHING_OVERSOLD = "I1"
    RESERVED_WITHIN_ON_HAND = "I2"
    RESERVED_FOR_ORDERS = "I3"
    LEDGER_ADDS_UP = "I4"
    MONEY_IS_USED_OR_RETURNED = "I5"
    REFUNDED_WITHIN_PAID = "I6"
    TOTAL_OF_LINES = "I7"
    ONE_ORDER_A_KEY = "I8"
    CHANGES_ARE_RECORDED = "I9"
    SHIPPED_OR_REFUNDED = "I10"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Invariant.NOTHING_OVERSOLD: "units sold never exceed the units that there were",
    Invariant.RESERVED_WITHIN_ON_HAND: "reserved units never exceed the units on hand",
    Invariant.RESERVED_FOR_ORDERS: "reserved units are the units left to ship of open orders",
    Invariant.LEDGER_ADDS_UP: "stock is the sum of its ledger",
    Invariant.MONEY_IS_USED_OR_RETURNED: "money of an order that is not active is being refunded or voided",
    Invariant.REFUNDED_WITHIN_PAID: "refunds never exceed payments, and an order's sums match its payments",
    Invariant.TOTAL_OF_LINES: "an order's total is the sum of its lines",
    Invariant.ONE_ORDER_A_KEY: "an idempotency key has at most one order",
    Invariant.CHANGES_ARE_RECORDED: "each change of an order has one history row and one event",
    Invariant.SHIPPED_OR_REFUNDED: "no unit is both shipped and refunded without a return",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The number of objects that violate an invariant, and the lowest ids of these objects.

    For the invariants I1 to I4, the objects are products. For I5, the objects are payments. For I6 to I10, the
    objects are orders.
    """

    invariant: Invariant
    count: int
    offenders: tuple[str, ...]


class InvariantChecks(Protocol):
    async def run(self) -> Sequence[Finding]:
        """Check every invariant, and return one finding per invariant, from I1 to I10.

        The check reads a snapshot of the whole database. Changes that are committed during the check are ignored.

        Raises:
            DatabaseUnavailable, Overloaded.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """The number of objects that violated an invariant at the last check."""

    invariant: Invariant
    offenders: int
    checked_at: datetime


class FindingRecords(Protocol):
    """The results of the last check, for monitoring."""

    async def keep(self, findings: Sequence[Finding], *, at: datetime) -> None:
        """Store the numbers of violations.

        If the result of a later check is already stored, do nothing.
        """
        ...

    async def latest(self) -> Sequence[Tally]:
        """Return the stored numbers by invariant, from I1 to I10. Before the first check, the result is empty."""
        ...
