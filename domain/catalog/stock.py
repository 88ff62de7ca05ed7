"""Stock of a product: units on hand, reserved units, and the movements that changed them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.shared.actor import Actor
from domain.shared.errors import DomainError, PreconditionFailed
from domain.shared.events import Aggregate, Event
from domain.shared.ids import OrderId, ProductId
from domain.shared.text import TextRule, ensure_valid

MAX_ON_HAND = 1_000_000_000
"""The maximum number of units on hand of a product. The limit detects typing errors."""


COUNT_REASON = TextRule(min_length=1, max_length=200)
ADJUSTMENT_NOTE = TextRule(min_length=1, max_length=500)


class StockConflict(DomainError):
    """The units on hand would be fewer than the reserved units, or more than MAX_ON_HAND."""

    code = "stock_conflict"


class ReservationExceedsStock(DomainError):
    """The reservation exceeds the available units.

    When an order is placed, the available units of all lines are checked first. If units are missing,
    `OutOfStock` is raised instead of this error. `OutOfStock` lists every line without enough stock.
    """

    code = "out_of_stock"

    def __init__(self) -> None:
        super().__init__("There is not enough stock.")


class MovementReason(StrEnum):
    """The reason for a stock change. Staff can give the first four reasons for an adjustment."""

    RECEIPT = "receipt"
    DAMAGE = "damage"
    CORRECTION = "correction"
    RETURN = "return"
    INITIAL = "initial"
    COUNT = "count"
    RESERVED = "reserved"
    RELEASED = "released"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One row of the stock ledger: the change and the resulting stock.

    For each product, the sum of all `on_hand_delta` equals `on_hand`, and the sum of all `reserved_delta`
    equals `reserved`.
    """

    product_id: ProductId
    on_hand_delta: int
    reserved_delta: int
    on_hand: int
    reserved: int
    reason: MovementReason
    note: str | None
    order_id: OrderId | None
    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StockEvent(Event):
    """The fields of the events about a product that became available or unavailable."""

    aggregate_type = "stock"

    on_hand: int
    reserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDepleted(StockEvent):
    """The last available unit was reserved or removed."""

    type = "stock.depleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReplenished(StockEvent):
    """A product that was out of stock is available again.

    A new product is reported by `product.created` instead.
    """

    type = "stock.replenished"


@dataclass(slots=True, kw_only=True, eq=False)
class Stock(Aggregate):
    """The stock of one product. `0 <= reserved <= on_hand` always holds.

    Every method that changes the stock increments `version` and appends a Movement to `movements`. The repository
    writes the movements and clears the list.
    """

    product_id: ProductId
    on_hand: int
    reserved: int
    version: int
    movements: list[Movement] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def open(cls, product_id: ProductId, on_hand: int, *, now: datetime, actor: Actor) -> Self:
        """Create the stock of a new product. Raises StockConflict."""
        _ensure_keepable(on_hand)
        stock = cls(product_id=product_id, on_hand=0, reserved=0, version=0)
        stock._move(MovementReason.INITIAL, now=now, actor=actor, on_hand=on_hand)
        return stock

    @property
    def available(self) -> int:
        """Units on hand that are not reserved."""
        return self.on_hand - self.reserved

    def can_supply(self, quantity: int) -> bool:
        return quantity <= self.available

    def reserve(self, quantity: int, *, order_id: OrderId, now: datetime, actor: Actor) -> None:
        """Reserve units for an order. Raises ReservationExceedsStock."""
        if not self.can_supply(quantity):
            raise ReservationExceedsStock
        self._move(MovementReason.RESERVED, now=now, actor=actor, reserved=quantity, order_id=order_id)

    def release(self, quantity: int, *, order_id: OrderId, now: datetime, actor: Actor) -> None:
        """Release reserved units, for example the units of a canceled order."""
        self._move(MovementReason.RELEASED, now=now, actor=actor, reserved=-quantity, order_id=order_id)

    def ship(self, quantity: int, *, order_id: OrderId, now: datetime, actor: Actor) -> None:
        """Ship reserved units. This reduces the units on hand and the reserved units."""
        self._move(
            MovementReason.SHIPPED,
            now=now,
            actor=actor,
            on_hand=-quantity,
            reserved=-quantity,
            order_id=order_id,
        )

    def take_back(self, quantity: int, *, order_id: OrderId, now: datetime, actor: Actor) -> None:
        """Put returned units of an order back on hand. Raises StockConflict."""
        _ensure_keepable(self.on_hand + quantity)
        self._move(MovementReason.RETURN, now=now, actor=actor, on_hand=quantity, order_id=order_id)

    def count(self, on_hand: int, *, seen: int, note: str, now: datetime, actor: Actor) -> None:
        """Set the units on hand to a counted number.

        Raises PreconditionFailed, ValidationFailed, StockConflict.
        """
        if seen != self.version:
            raise PreconditionFailed(self.version)
        ensure_valid(COUNT_REASON.violations(note, "reason"))
        if on_hand < self.reserved:
            raise StockConflict(
                "The count is below what is reserved for orders. Cancel orders first, or count again.",
                params={"reserved": self.reserved},
            )
        _ensure_keepable(on_hand)
        self._move(MovementReason.COUNT, now=now, actor=actor, on_hand=on_hand - self.on_hand, note=note)

    def can_adjust(self, delta: int) -> bool:
        return self.reserved <= self.on_hand + delta <= MAX_ON_HAND

    def adjust(
        self, delta: int, reason: MovementReason, *, note: str | None, now: datetime, actor: Actor
    ) -> None:
        """Add or remove units for a reason. Raises ValidationFailed, StockConflict."""
        ensure_valid(ADJUSTMENT_NOTE.violations(note, "note"))
        if not self.can_adjust(delta):
            raise StockConflict("The adjustment would leave less than is reserved, or more than can be kept.")
        self._move(reason, now=now, actor=actor, on_hand=delta, note=note)

    def _move(
        self,
        reason: MovementReason,
        *,
        now: datetime,
        actor: Actor,
        on_hand: int = 0,
        reserved: int = 0,
        note: str | None = None,
        order_id: OrderId | None = None,
    ) -> None:
        was_available = self.available > 0
        self.on_hand += on_hand
        self.reserved += reserved
        self.version += 1
        if was_available != (self.available > 0) and reason is not MovementReason.INITIAL:
            event = StockDepleted if was_available else StockReplenished
            self.events.append(
                event(
                    aggregate_id=self.product_id,
                    aggregate_version=self.version,
                    occurred_at=now,
                    on_hand=self.on_hand,
                    reserved=self.reserved,
                )
            )
        self.movements.append(
            Movement(
                product_id=self.product_id,
                on_hand_delta=on_hand,
                reserved_delta=reserved,
                on_hand=self.on_hand,
                reserved=self.reserved,
                reason=reason,
                note=note,
                order_id=order_id,
                actor=actor,
                at=now,
            )
        )


def _ensure_keepable(on_hand: int) -> None:
    if not 0 <= on_hand <= MAX_ON_HAND:
        raise StockConflict(f"On hand must be from 0 to {MAX_ON_HAND}.")
