"""Whether what must always be true of the shop is true of what the database holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Invariant(StrEnum):
    """A rule that no race, refusal or crash may break. The value is its name."""

    NOTHING_OVERSOLD = "I1"
    RESERVED_WITHIN_ON_HAND = "I2"
    RESERVED_FOR_ORDERS = "I3"
    LEDGER_ADDS_UP = "I4"
    MONEY_IS_USED_OR_RETURNED = "I5"
    REFUNDED_WITHIN_PAID = "I6"
    TOTAL_OF_LINES = "I7"
    ONE_ORDER_A_KEY = "I8"
    CHANGES_ARE_RECORDED = "I9"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Invariant.NOTHING_OVERSOLD: "no more units are sold than there were",
    Invariant.RESERVED_WITHIN_ON_HAND: "what is reserved is there",
    Invariant.RESERVED_FOR_ORDERS: "what is reserved is what open orders have yet to get",
    Invariant.LEDGER_ADDS_UP: "the ledger adds up to the stock",
    Invariant.MONEY_IS_USED_OR_RETURNED: "what was paid belongs to an order that stands, or goes back",
    Invariant.REFUNDED_WITHIN_PAID: "no more goes back than was paid, and the sums are those of the payments",
    Invariant.TOTAL_OF_LINES: "an order's total is the sum of its lines",
    Invariant.ONE_ORDER_A_KEY: "one key has one order",
    Invariant.CHANGES_ARE_RECORDED: "each change of an order has one row of history and one event",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found: how many offend against the invariant, and the ids of the first of them.

    The ids are those of products (I1 to I4), payments (I5) or orders.
    """

    invariant: Invariant
    count: int
    offenders: tuple[str, ...]


class InvariantChecks(Protocol):
    async def run(self) -> Sequence[Finding]:
        """Check every invariant on one state of the shop, and return a finding for each, in their order.

        It reads everything there is: it is for now and then. Raises DatabaseUnavailable, Overloaded.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """How many have offended against an invariant when it was last checked."""

    invariant: Invariant
    offenders: int
    checked_at: datetime


class FindingRecords(Protocol):
    """What was found last, for those who watch the shop."""

    async def keep(self, findings: Sequence[Finding], *, at: datetime) -> None:
        """Keep how many were found at this moment, unless something later is kept."""
        ...

    async def latest(self) -> Sequence[Tally]:
        """Return what is kept, in the invariants' order: nothing before the first check."""
        ...
