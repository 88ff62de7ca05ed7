"""An order: what a customer wants, at the prices of that moment, and what has become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from domain.orders import lifecycle
from domain.orders.address import Address
from domain.orders.events import OrderCancelled, OrderConfirmed, OrderPlaced, PlacedLine
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.line import OrderLine
from domain.orders.number import order_number
from domain.shared.actor import Actor
from domain.shared.events import Aggregate
from domain.shared.ids import OrderId, UserId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One row of an order's history."""

    action: Action
    source: OrderStatus | None
    target: OrderStatus
    reason: str | None
    actor: Actor
    at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Order(Aggregate):
    """An order and its lines. Its status changes only by the verbs below, as `lifecycle.TRANSITIONS` permits.

    Each change of status adds one StatusChange to `changes`, which the repository writes and clears, and one event.
    """

    id: OrderId
    customer_id: UserId
    idempotency_key: str
    status: OrderStatus
    currency: str
    lines: list[OrderLine]
    total: Money
    paid_total: Money
    refunded_total: Money
    shipping_address: Address | None
    note: str | None
    metadata: dict[str, str]
    expires_at: datetime
    placed_at: datetime
    updated_at: datetime
    version: int
    changes: list[StatusChange] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def place(
        cls,
        *,
        id: OrderId,  # noqa: A002 - the field's name
        customer_id: UserId,
        idempotency_key: str,
        lines: Sequence[OrderLine],
        total: Money,
        shipping_address: Address | None,
        note: str | None,
        metadata: Mapping[str, str],
        expires_at: datetime,
        now: datetime,
        by: Actor,
    ) -> Self:
        """Take the order down, pending payment; one that costs nothing is confirmed at once."""
        order = cls(
            id=id,
            customer_id=customer_id,
            idempotency_key=idempotency_key,
            status=OrderStatus.PENDING_PAYMENT,
            currency=total.currency,
            lines=list(lines),
            total=total,
            paid_total=Money.zero(total.currency),
            refunded_total=Money.zero(total.currency),
            shipping_address=shipping_address,
            note=note,
            metadata=dict(metadata),
            expires_at=expires_at,
            placed_at=now,
            updated_at=now,
            version=1,
        )
        order.changes.append(
            StatusChange(action=Action.PLACE, source=None, target=order.status, reason=None, actor=by, at=now)
        )
        order.events.append(
            OrderPlaced(
                aggregate_id=id,
                aggregate_version=1,
                occurred_at=now,
                number=order.number,
                customer_id=customer_id,
                total=total,
                lines=tuple(
                    PlacedLine(
                        product_id=line.product_id,
                        sku=line.sku,
                        quantity=line.quantity,
                        unit_price=line.unit_price,
                    )
                    for line in lines
                ),
            )
        )
        if total.amount == 0:
            order.confirm(now=now, by=by)
        return order

    def confirm(self, *, now: datetime, by: Actor) -> None:
        """Note that what the order costs has been paid. Raises InvalidTransition."""
        self._become(Action.CONFIRM, reason=None, now=now, by=by)
        self.events.append(
            OrderConfirmed(
                aggregate_id=self.id,
                aggregate_version=self.version,
                occurred_at=now,
                number=self.number,
                customer_id=self.customer_id,
                total=self.total,
            )
        )

    def cancel(self, reason: str | None, *, now: datetime, by: Actor) -> None:
        """Call the order off. Who calls releases the reserved stock with it. Raises InvalidTransition."""
        self._become(Action.CANCEL, reason=reason, now=now, by=by)
        self.events.append(
            OrderCancelled(
                aggregate_id=self.id,
                aggregate_version=self.version,
                occurred_at=now,
                number=self.number,
                customer_id=self.customer_id,
                total=self.total,
                reason=reason,
            )
        )

    @property
    def number(self) -> str:
        return order_number(self.id)

    @property
    def ordered_units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def fulfilled_units(self) -> int:
        return sum(line.fulfilled for line in self.lines)

    @property
    def refundable_amount(self) -> int:
        return self.paid_total.amount - self.refunded_total.amount

    @property
    def allowed_actions(self) -> tuple[Action, ...]:
        """What a client may ask of the order now."""
        return lifecycle.allowed_actions(self.status, self)

    def _become(self, action: Action, *, reason: str | None, now: datetime, by: Actor) -> None:
        source, self.status = self.status, lifecycle.target_of(self.status, action, self)
        self.version += 1
        self.updated_at = now
        self.changes.append(
            StatusChange(action=action, source=source, target=self.status, reason=reason, actor=by, at=now)
        )
