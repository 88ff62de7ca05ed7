"""The state of an order, and the transitions that change it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.orders import lifecycle
from domain.orders.address import Address
from domain.orders.details import OrderDetails
from domain.orders.events import LinesCancelled, OrderCancelled, OrderFields, OrderFulfilled
from domain.orders.guest import Guest
from domain.orders.lifecycle import Action, InvalidTransition, OrderStatus, Party
from domain.orders.line import CancelledLine, OrderLine
from domain.orders.number import order_number
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, PreconditionFailed
from domain.shared.events import Aggregate
from domain.shared.ids import CallerId, LineId, OrderId, ProductId, UserId
from domain.shared.money import Money

OrderKey = tuple[CallerId, str]
"""The caller that placed an order, and the idempotency key of the request.

No two orders have the same pair.
"""


def key_of(caller: CallerId | None, idempotency_key: str) -> OrderKey:
    """Return the key that identifies an order: a caller and an idempotency key.

    `caller` is the caller that placed the order: the customer, staff or a service client.
    """
    if caller is None:
        raise ValueError("An order without a customer needs the caller that placed it.")
    return caller, idempotency_key


class OrderDisputed(DomainError):
    """A payment of the order is disputed. Staff can override the dispute if they give a reason."""

    code = "order_disputed"

    def __init__(self) -> None:
        super().__init__("A payment of this order is disputed. Staff can override that with a reason.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One row of an order's history. Some rows record an action that did not change the status."""

    action: Action
    source: OrderStatus | None
    target: OrderStatus
    reason: str | None
    actor: Actor
    at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class OrderState(Aggregate):
    """The fields of an order. Properties compute sums and guards from the fields.

    `authorized_total` is the money that is authorized and not captured. `paid_total` is the captured money.
    `refunded_total` is the part of `paid_total` that was refunded. `pending_refund_total` is the part of
    `paid_total` that is being refunded.

    `is_hold_extended` is true if the hold was extended because a customer has to authenticate a payment.
    `open_disputes` counts disputed payments.

    `placed_by` is the caller that placed the order for its customer, or None if the customer placed the order.
    The order of a guest has no `customer_id`.
    """

    id: OrderId
    customer_id: UserId | None
    guest: Guest | None
    placed_by: CallerId | None
    idempotency_key: str
    status: OrderStatus
    currency: str
    lines: list[OrderLine]
    total: Money
    authorized_total: Money
    paid_total: Money
    refunded_total: Money
    pending_refund_total: Money
    shipping_address: Address | None
    note: str | None
    metadata: dict[str, str]
    expires_at: datetime
    is_hold_extended: bool
    open_disputes: int
    placed_at: datetime
    updated_at: datetime
    version: int
    changes: list[StatusChange] = field(default_factory=list, init=False, repr=False)

    @property
    def number(self) -> str:
        return order_number(self.id)

    @property
    def key(self) -> OrderKey:
        return key_of(self.placed_by or self.customer_id, self.idempotency_key)

    @property
    def details(self) -> OrderDetails:
        return OrderDetails(shipping_address=self.shipping_address, note=self.note, metadata=self.metadata)

    @property
    def product_ids(self) -> set[ProductId]:
        return {line.product_id for line in self.lines}

    @property
    def units_left_to_ship(self) -> int:
        return sum(line.left_to_ship for line in self.lines)

    @property
    def fulfilled_units(self) -> int:
        return sum(line.fulfilled for line in self.lines)

    @property
    def returnable_units(self) -> int:
        """Fulfilled units that were not returned."""
        return sum(line.fulfilled - line.returned for line in self.lines)

    # Guards compare integers, because creating a Money takes longer than the rest of a guard. All amounts have
    # the order's currency.

    @property
    def cancelled_amount(self) -> int:
        """The price of the canceled units."""
        return sum(line.unit_price.amount * line.cancelled for line in self.lines)

    @property
    def payable_amount(self) -> int:
        return self.total.amount - self.cancelled_amount

    @property
    def payable(self) -> Money:
        """The price of the units that are not canceled."""
        return Money(self.payable_amount, self.currency)

    @property
    def is_paid(self) -> bool:
        """Return whether the net payments cover the payable amount."""
        return self.refundable_amount >= self.payable_amount

    @property
    def is_secured(self) -> bool:
        """Whether net payments and authorizations together cover the payable amount."""
        return self.refundable_amount + self.authorized_total.amount >= self.payable_amount

    @property
    def authorized_amount(self) -> int:
        return self.authorized_total.amount

    @property
    def refundable(self) -> Money:
        """Captured money that was not refunded and is not scheduled to be refunded."""
        return Money(self.refundable_amount, self.currency)

    @property
    def refundable_amount(self) -> int:
        return self.paid_total.amount - self.refunded_total.amount - self.pending_refund_total.amount

    def is_due(self, now: datetime) -> bool:
        """Return whether the hold of the unpaid order has ended."""
        return now >= self.expires_at

    def line(self, line_id: LineId) -> OrderLine:
        """Return one of the order's lines. Raises KeyError."""
        return {line.id: line for line in self.lines}[line_id]

    def allowed_actions(self, party: Party) -> tuple[Action, ...]:
        """Return the actions that a party can request now."""
        return lifecycle.allowed_actions(self.status, self, party)

    def ensure_unchanged_since(self, expected_version: int) -> None:
        """Raise PreconditionFailed if the order has changed after `expected_version`."""
        if expected_version != self.version:
            raise PreconditionFailed(self.version)

    def ensure_undisputed(self, override: str | None) -> None:
        """Raise OrderDisputed if a payment is disputed and staff gave no reason in `override`."""
        if self.open_disputes > 0 and override is None:
            raise OrderDisputed

    def ensure_allows(self, action: Action, party: Party) -> None:
        """Raise InvalidTransition unless the party can request the action now."""
        allowed = self.allowed_actions(party)
        if action not in allowed:
            raise InvalidTransition(self.status, action, allowed)

    def _cancel_units(self, parts: Sequence[CancelledLine]) -> None:
        for part in parts:
            self.line(part.line_id).cancelled += part.quantity

    def _record_cancelled_units(
        self, parts: Sequence[CancelledLine], reason: str | None, now: datetime
    ) -> None:
        """Add the events about canceled units, after the transition has set the status."""
        self.events.append(LinesCancelled(**self._event_fields(now), lines=tuple(parts), reason=reason))
        if self.status is OrderStatus.FULFILLED:
            self.events.append(OrderFulfilled(**self._event_fields(now)))
        elif self.status is OrderStatus.CANCELLED:
            self.events.append(OrderCancelled(**self._event_fields(now), reason=reason))

    def _transition(self, action: Action, *, reason: str | None = None, now: datetime, actor: Actor) -> None:
        source, self.status = self.status, lifecycle.target_of(self.status, action, self, now)
        self.version += 1
        self.updated_at = now
        self.changes.append(
            StatusChange(action=action, source=source, target=self.status, reason=reason, actor=actor, at=now)
        )

    def _event_fields(self, now: datetime) -> OrderFields:
        """Return the fields that every event of the order has."""
        return {
            "aggregate_id": self.id,
            "aggregate_version": self.version,
            "occurred_at": now,
            "number": self.number,
            "customer_id": self.customer_id,
            "total": self.total,
        }
