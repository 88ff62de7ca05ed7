"""Orders: what a customer bought, at the prices of that moment, and its state since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from domain.orders import lifecycle
from domain.orders.address import Address
from domain.orders.events import (
    AuthorizationEnding,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    FulfillmentCreated,
    OrderCancelled,
    OrderConfirmed,
    OrderExpired,
    OrderFields,
    OrderFulfilled,
    OrderPlaced,
    OrderReinstated,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentFields,
    PaymentRequiresAction,
    PaymentUnapplied,
    PaymentVoided,
    PlacedLine,
    RefundFailed,
    RefundFields,
    RefundRequested,
    RefundSucceeded,
)
from domain.orders.fulfillment import Fulfillment
from domain.orders.lifecycle import Action, InvalidTransition, OrderStatus, Party
from domain.orders.line import OrderLine
from domain.orders.number import order_number
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.actor import Actor
from domain.shared.errors import DomainError
from domain.shared.events import Aggregate
from domain.shared.ids import LineId, OrderId, ProductId, UserId
from domain.shared.money import Money
from domain.shared.text import TextRule, ensure_valid, entry_violations

NOTE = TextRule(min_length=1, max_length=1000)
METADATA_KEY = TextRule(min_length=1, max_length=64)
METADATA_VALUE = TextRule(max_length=500)
CANCEL_REASON = TextRule(min_length=1, max_length=500)


class OrderDisputed(DomainError):
    """A payment of the order is disputed. Staff can go on with a reason."""

    code = "order_disputed"

    def __init__(self) -> None:
        super().__init__("A payment of this order is disputed. Staff can override that with a reason.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One row of an order's history. Some actions are recorded without a change of status."""

    action: Action
    source: OrderStatus | None
    target: OrderStatus
    reason: str | None
    actor: Actor
    at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Order(Aggregate):
    """An order and its lines. Its status changes only by the verbs below, as `lifecycle.TRANSITIONS` permits.

    Each verb adds one to `version`, one StatusChange to `changes`, which the repository writes and clears, and the
    events of that row of the table. The verbs know nothing of stock: the functions beside this file move both.

    `authorized_total` is the money that is authorized and not captured, `paid_total` what was captured,
    `refunded_total` what was refunded, and `pending_refund_total` what is being refunded. `is_hold_extended` says that
    the hold was extended for a customer who has to authenticate a payment. `open_disputes` counts disputed payments.
    """

    id: OrderId
    customer_id: UserId
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
        actor: Actor,
    ) -> Self:
        """Create an order that is pending payment. A free order is confirmed at once. Raises ValidationFailed."""
        ensure_valid(
            (
                *(shipping_address.violations("shipping_address") if shipping_address else ()),
                *NOTE.violations(note, "note"),
                *entry_violations(metadata, METADATA_KEY, METADATA_VALUE, "metadata"),
            )
        )
        zero = Money.zero(total.currency)
        order = cls(
            id=id,
            customer_id=customer_id,
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

    def require_action(self, payment: Payment, *, hold_until: datetime, now: datetime, actor: Actor) -> None:
        """Record that the customer has to authenticate a payment, and extend the hold, once, until `hold_until`."""
        if not self.is_hold_extended:
            self.is_hold_extended = True
            self.expires_at = max(self.expires_at, hold_until)
        self._transition(Action.REQUIRE_ACTION, now=now, actor=actor)
        self.events.append(
            PaymentRequiresAction(
                **self._event_fields(now), **_requested(payment), action_until=payment.action_until
            )
        )

    def authorize(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Confirm the order with an authorized payment of its total. Raises InvalidTransition."""
        self.authorized_total += payment.amount
        self._transition(Action.AUTHORIZE, now=now, actor=actor)
        self.events.append(
            PaymentAuthorized(
                **self._event_fields(now), **_requested(payment), authorized_until=payment.authorized_until
            )
        )
        self.events.append(OrderConfirmed(**self._event_fields(now)))

    def announce_ending(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Announce that an authorization ends soon."""
        self._transition(Action.ANNOUNCE_ENDING, now=now, actor=actor)
        self.events.append(
            AuthorizationEnding(
                **self._event_fields(now), **_requested(payment), authorized_until=payment.authorized_until
            )
        )

    def release_authorization(self, payment: Payment) -> None:
        """Remove the payment's authorization, which was captured or has ended."""
        self.authorized_total -= payment.amount

    def record_capture(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record that an authorized payment was captured, in full or in part."""
        self.paid_total += payment.captured
        self._transition(Action.RECORD_CAPTURE, now=now, actor=actor)
        self.events.append(PaymentCaptured(**self._event_fields(now), **_captured(payment)))

    def record_void(self, payment: Payment, *, hold_until: datetime, now: datetime, actor: Actor) -> None:
        """Record that a payment was voided. An unshipped order waits for payment again, until `hold_until`."""
        source = self.status
        self._transition(Action.RECORD_VOID, reason=payment.failure, now=now, actor=actor)
        if self.status is not source:
            self.expires_at = hold_until
        self.events.append(
            PaymentVoided(**self._event_fields(now), **_requested(payment), failure=payment.failure)
        )

    def confirm(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record captured money and confirm the order. Raises InvalidTransition if it does not cover the total."""
        self.paid_total += payment.captured
        self._transition(Action.CONFIRM, now=now, actor=actor)
        self.events.append(PaymentCaptured(**self._event_fields(now), **_captured(payment)))
        self.events.append(OrderConfirmed(**self._event_fields(now)))

    def reinstate(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Reinstate an expired order that was paid late and can still be supplied. Raises InvalidTransition."""
        self.paid_total += payment.captured
        self._transition(Action.REINSTATE, now=now, actor=actor)
        self.events.append(OrderReinstated(**self._event_fields(now), **_captured(payment)))

    def record_unapplied_payment(
        self, payment: Payment, refund: Refund, *, now: datetime, actor: Actor
    ) -> None:
        """Record captured money that the order cannot use, and its refund."""
        self.paid_total += payment.captured
        self._transition(Action.RECORD_UNAPPLIED_PAYMENT, now=now, actor=actor)
        self.events.append(PaymentUnapplied(**self._event_fields(now), **_captured(payment)))
        self._schedule_refund(refund, now)

    def fail_payment(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record a failed payment. The order holds its stock until it expires."""
        self._transition(Action.FAIL_PAYMENT, reason=payment.failure, now=now, actor=actor)
        self.events.append(
            PaymentFailed(**self._event_fields(now), **_requested(payment), failure=payment.failure)
        )

    def expire(self, *, now: datetime, actor: Actor) -> None:
        """Expire an order that was not paid in time. Raises InvalidTransition before that time."""
        self._transition(Action.EXPIRE, now=now, actor=actor)
        self.events.append(OrderExpired(**self._event_fields(now)))

    def cancel(
        self, reason: str | None, refunds: Sequence[Refund] = (), *, now: datetime, actor: Actor
    ) -> None:
        """Cancel the order and schedule the refunds of its payments. Raises ValidationFailed, InvalidTransition."""
        ensure_valid(CANCEL_REASON.violations(reason, "reason"))
        self._transition(Action.CANCEL, reason=reason, now=now, actor=actor)
        self.events.append(OrderCancelled(**self._event_fields(now), reason=reason))
        for refund in refunds:
            self._schedule_refund(refund, now)

    def fulfill(
        self, fulfillment: Fulfillment, *, override: str | None = None, now: datetime, actor: Actor
    ) -> None:
        """Record a shipment; with the last unit the order is fulfilled. Raises InvalidTransition.

        `override` is the reason for which staff ship a disputed order.
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

    def open_dispute(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record that the customer disputes a payment."""
        self.open_disputes += 1
        self._transition(Action.OPEN_DISPUTE, now=now, actor=actor)
        self.events.append(DisputeOpened(**self._event_fields(now), **_captured(payment)))

    def close_dispute(
        self, payment: Payment, *, is_won: bool, was_open: bool, now: datetime, actor: Actor
    ) -> None:
        """Record the decision of a dispute."""
        self.open_disputes -= was_open
        self._transition(Action.WIN_DISPUTE if is_won else Action.LOSE_DISPUTE, now=now, actor=actor)
        event = DisputeWon if is_won else DisputeLost
        self.events.append(event(**self._event_fields(now), **_captured(payment)))

    def record_refund(self, refund: Refund, *, now: datetime, actor: Actor) -> None:
        """Record a refund that the provider has made without being asked by the shop."""
        self.refunded_total += refund.amount
        self._transition(Action.RECORD_REFUND, reason=refund.reason, now=now, actor=actor)
        self.events.append(self._refund_requested(refund, now))
        self.events.append(RefundSucceeded(**self._event_fields(now), **_refund(refund)))

    def request_refund(
        self, refund: Refund, *, override: str | None = None, now: datetime, actor: Actor
    ) -> None:
        """Schedule a refund of a part of the payments. Raises InvalidTransition."""
        reason = refund.reason if override is None else f"{refund.reason} (despite a dispute: {override})"
        self._transition(Action.REFUND, reason=reason, now=now, actor=actor)
        for part in refund.lines:
            self.line(part.line_id).refunded += part.quantity
        self._schedule_refund(refund, now)

    def settle_refund(self, refund: Refund, *, now: datetime, actor: Actor) -> None:
        """Record that a scheduled refund succeeded."""
        self.pending_refund_total -= refund.amount
        self.refunded_total += refund.amount
        self._transition(Action.SETTLE_REFUND, now=now, actor=actor)
        self.events.append(RefundSucceeded(**self._event_fields(now), **_refund(refund)))

    def fail_refund(
        self, refund: Refund, retry: Refund | None, *, had_succeeded: bool, now: datetime, actor: Actor
    ) -> None:
        """Record a failed refund, and schedule another one if the shop owes the money."""
        if had_succeeded:
            self.refunded_total -= refund.amount
        else:
            self.pending_refund_total -= refund.amount
        for part in refund.lines:
            self.line(part.line_id).refunded -= part.quantity
        self._transition(Action.FAIL_REFUND, reason=refund.failure, now=now, actor=actor)
        self.events.append(RefundFailed(**self._event_fields(now), **_refund(refund), failure=refund.failure))
        if retry is not None:
            for part in retry.lines:
                self.line(part.line_id).refunded += part.quantity
            self._schedule_refund(retry, now)

    @property
    def number(self) -> str:
        return order_number(self.id)

    @property
    def product_ids(self) -> set[ProductId]:
        return {line.product_id for line in self.lines}

    @property
    def ordered_units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def fulfilled_units(self) -> int:
        return sum(line.fulfilled for line in self.lines)

    @property
    def is_paid(self) -> bool:
        """Return whether net payments cover the total."""
        return self.refundable.amount >= self.total.amount

    @property
    def is_secured(self) -> bool:
        """Whether net payments and authorizations cover the total."""
        return self.refundable.amount + self.authorized_total.amount >= self.total.amount

    @property
    def authorized_amount(self) -> int:
        return self.authorized_total.amount

    @property
    def refundable(self) -> Money:
        """Captured money that is neither refunded nor scheduled to be refunded."""
        return self.paid_total - self.refunded_total - self.pending_refund_total

    @property
    def refundable_amount(self) -> int:
        return self.refundable.amount

    def is_due(self, now: datetime) -> bool:
        """Return whether the hold of the unpaid order has ended."""
        return now >= self.expires_at

    def line(self, line_id: LineId) -> OrderLine:
        """Return one of the order's lines. Raises KeyError."""
        return {line.id: line for line in self.lines}[line_id]

    def allowed_actions(self, party: Party) -> tuple[Action, ...]:
        """Return the actions that a party can request now."""
        return lifecycle.allowed_actions(self.status, self, party)

    def ensure_undisputed(self, override: str | None) -> None:
        """Raise OrderDisputed while a payment is disputed, unless staff override that with a reason."""
        if self.open_disputes > 0 and override is None:
            raise OrderDisputed

    def ensure_allows(self, action: Action, party: Party) -> None:
        """Raise InvalidTransition unless the party can request the action now."""
        allowed = self.allowed_actions(party)
        if action not in allowed:
            raise InvalidTransition(self.status, action, allowed)

    def _schedule_refund(self, refund: Refund, now: datetime) -> None:
        self.pending_refund_total += refund.amount
        self.events.append(self._refund_requested(refund, now))

    def _refund_requested(self, refund: Refund, now: datetime) -> RefundRequested:
        return RefundRequested(
            **self._event_fields(now),
            **_refund(refund),
            reason=refund.reason,
            lines=refund.lines,
            channel=refund.channel,
            origin=refund.origin,
        )

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


def _placed(line: OrderLine) -> PlacedLine:
    return PlacedLine(
        product_id=line.product_id, sku=line.sku, quantity=line.quantity, unit_price=line.unit_price
    )


def _requested(payment: Payment) -> PaymentFields:
    return {"payment_id": payment.id, "method": payment.method, "amount": payment.amount}


def _captured(payment: Payment) -> PaymentFields:
    return {"payment_id": payment.id, "method": payment.method, "amount": payment.captured}


def _refund(refund: Refund) -> RefundFields:
    return {"refund_id": refund.id, "payment_id": refund.payment_id, "amount": refund.amount}
