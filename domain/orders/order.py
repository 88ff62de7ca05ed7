"""Orders: the products that a customer bought, with copied prices, and the order's status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.orders.address import Address
from domain.orders.details import OrderChanges, OrderDetails
from domain.orders.events import (
    FulfillmentCreated,
    OrderCancelled,
    OrderChanged,
    OrderClaimed,
    OrderConfirmed,
    OrderExpired,
    OrderFulfilled,
    OrderPlaced,
    PlacedLine,
)
from domain.orders.fulfillment import Fulfillment
from domain.orders.guest import Guest
from domain.orders.lifecycle import Action, OrderStatus, Party
from domain.orders.line import CancelledLine, OrderLine
from domain.orders.order_payments import OrderPayments
from domain.orders.order_state import StatusChange
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.ids import CallerId, OrderId, UserId
from domain.shared.money import Money
from domain.shared.text import TextRule, ensure_valid

CANCEL_REASON = TextRule(min_length=1, max_length=500)


@dataclass(slots=True, kw_only=True, eq=False)
class Order(OrderPayments):
    """An order with its lines. Only methods of this class change the status of an order.

    `lifecycle.TRANSITIONS` defines the permitted changes. Each method that changes the status increments
    `version`, appends a StatusChange to `changes`, and records the events that `TRANSITIONS` lists. The
    repository writes `changes` and clears the list.

    The methods do not change stock. Functions in other modules of this package change an order together with
    its stock.
    """

    @classmethod
    def place(
        cls,
        *,
        id: OrderId,  # noqa: A002 - the parameter has the name of the field
        customer_id: UserId | None,
        guest: Guest | None = None,
        placed_by: CallerId | None,
        idempotency_key: str,
        lines: Sequence[OrderLine],
        total: Money,
        shipping_address: Address | None,
        note: str | None,
        metadata: Mapping[str, str],
        expires_at: datetime,
        now: datetime,
        actor: Actor,
    ) -> Self:
        """Create an order that waits for payment. An order with a total of 0 is confirmed immediately.

        Raises ValidationFailed.
        """
        details = OrderDetails(shipping_address=shipping_address, note=note, metadata=metadata)
        ensure_valid((*(guest.violations() if guest else ()), *details.violations()))
        zero = Money.zero(total.currency)
        order = cls(
            id=id,
            customer_id=customer_id,
            guest=guest,
            placed_by=placed_by,
            idempotency_key=idempotency_key,
            status=OrderStatus.PENDING_PAYMENT,
            currency=total.currency,
            lines=list(lines),
            total=total,
            authorized_total=zero,
            paid_total=zero,
            refunded_total=zero,
            pending_refund_total=zero,
            shipping_address=shipping_address,
            note=note,
            metadata=dict(metadata),
            expires_at=expires_at,
            is_hold_extended=False,
            open_disputes=0,
            placed_at=now,
            updated_at=now,
            version=1,
        )
        order.changes.append(
            StatusChange(
                action=Action.PLACE, source=None, target=order.status, reason=None, actor=actor, at=now
            )
        )
        order.events.append(OrderPlaced(**order._event_fields(now), lines=tuple(map(_placed, lines))))
        if order.is_paid:
            order._transition(Action.CONFIRM, now=now, actor=actor)
            order.events.append(OrderConfirmed(**order._event_fields(now)))
        return order

    def expire(self, *, now: datetime, actor: Actor) -> None:
        """Expire an order that was not paid in time.

        Raises InvalidTransition before the hold ends.
        """
        self._transition(Action.EXPIRE, now=now, actor=actor)
        self.events.append(OrderExpired(**self._event_fields(now)))

    def cancel(
        self, reason: str | None, refunds: Sequence[Refund] = (), *, now: datetime, actor: Actor
    ) -> None:
        """Cancel the order and schedule the refunds of its payments.

        Raises ValidationFailed, InvalidTransition.
        """
        ensure_valid(CANCEL_REASON.violations(reason, "reason"))
        for line in self.lines:
            line.cancelled += line.left_to_ship
        self._transition(Action.CANCEL, reason=reason, now=now, actor=actor)
        self.events.append(OrderCancelled(**self._event_fields(now), reason=reason))
        for refund in refunds:
            self._schedule_refund(refund, now)

    def cancel_lines(
        self,
        parts: Sequence[CancelledLine],
        reason: str | None,
        refund: Refund | None,
        *,
        now: datetime,
        actor: Actor,
    ) -> None:
        """Cancel units that are left to ship, and schedule the refund of their price.

        If no unit is left to ship afterwards, the order becomes fulfilled. Raises ValidationFailed,
        InvalidTransition.
        """
        ensure_valid(CANCEL_REASON.violations(reason, "reason"))
        self._cancel_units(parts)
        self._transition(Action.CANCEL_LINES, reason=reason, now=now, actor=actor)
        self._record_cancelled_units(parts, reason, now)
        if refund is not None:
            self._schedule_refund(refund, now)

    def change(self, changes: OrderChanges, *, now: datetime, actor: Actor) -> None:
        """Change the shipping address, the note or the metadata. Raises ValidationFailed, InvalidTransition.

        The history records the names of the changed fields. Equal values are not recorded as a change.
        """
        details = self.details.changed_by(changes)
        changed = details.names_of_differences(self.details)
        if not changed:
            return
        ensure_valid(details.violations())
        self.shipping_address, self.note = details.shipping_address, details.note
        self.metadata = dict(details.metadata)
        self._transition(Action.CHANGE, reason=", ".join(changed), now=now, actor=actor)
        self.events.append(OrderChanged(**self._event_fields(now), fields=changed))

    def claim(self, customer_id: UserId, *, now: datetime, actor: Actor) -> None:
        """Assign a guest's order to the account that has verified the guest's e-mail address."""
        self.customer_id, self.guest = customer_id, None
        self._transition(Action.CLAIM, now=now, actor=actor)
        self.events.append(OrderClaimed(**self._event_fields(now)))

    def fulfill(
        self, fulfillment: Fulfillment, *, override: str | None = None, now: datetime, actor: Actor
    ) -> None:
        """Record a shipment. The order becomes fulfilled when its last unit is shipped.

        `override` is the reason why staff ship a disputed order. Raises InvalidTransition.
        """
        self.ensure_allows(Action.FULFILL, Party.STAFF)
        for part in fulfillment.lines:
            self.line(part.line_id).fulfilled += part.quantity
        self._transition(Action.FULFILL, reason=override, now=now, actor=actor)
        self.events.append(
            FulfillmentCreated(
                **self._event_fields(now),
                fulfillment_id=fulfillment.id,
                lines=fulfillment.lines,
                carrier=fulfillment.carrier,
                tracking=fulfillment.tracking,
            )
        )
        if self.status is OrderStatus.FULFILLED:
            self.events.append(OrderFulfilled(**self._event_fields(now)))


def _placed(line: OrderLine) -> PlacedLine:
    return PlacedLine(
        product_id=line.product_id, sku=line.sku, quantity=line.quantity, unit_price=line.unit_price
    )
