"""The methods of an order that record changes of its payments."""

from dataclasses import dataclass
from datetime import datetime

from domain.orders.events import OrderConfirmed
from domain.orders.lifecycle import Action
from domain.orders.order_returns import OrderReturns
from domain.orders.payment_events import (
    AuthorizationEnding,
    AuthorizationRenewed,
    DecidedPaymentFields,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    OrderReinstated,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentFields,
    PaymentRequiresAction,
    PaymentUnapplied,
    PaymentVoided,
)
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.actor import Actor


@dataclass(slots=True, kw_only=True, eq=False)
class OrderPayments(OrderReturns):
    """The part of an order that records payments, authorizations and disputes."""

    def require_action(self, payment: Payment, *, hold_until: datetime, now: datetime, actor: Actor) -> None:
        """Record that the customer has to authenticate a payment.

        The first call for an order extends the order's hold until `hold_until`.
        """
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
        """Confirm an order whose payable amount is authorized.

        Raises InvalidTransition.
        """
        self.authorized_total += payment.amount
        self._transition(Action.AUTHORIZE, now=now, actor=actor)
        self.events.append(
            PaymentAuthorized(
                **self._event_fields(now), **_requested(payment), authorized_until=payment.authorized_until
            )
        )
        self.events.append(OrderConfirmed(**self._event_fields(now)))

    def announce_ending(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record an event which announces that an authorization ends soon."""
        self._transition(Action.ANNOUNCE_ENDING, now=now, actor=actor)
        self.events.append(
            AuthorizationEnding(
                **self._event_fields(now), **_requested(payment), authorized_until=payment.authorized_until
            )
        )

    def renew_authorization(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record that an authorization was renewed."""
        self._transition(Action.RENEW_AUTHORIZATION, now=now, actor=actor)
        self.events.append(
            AuthorizationRenewed(
                **self._event_fields(now), **_requested(payment), authorized_until=payment.authorized_until
            )
        )

    def release_authorization(self, payment: Payment) -> None:
        """Subtract a captured or ended authorization from the authorized total."""
        self.authorized_total -= payment.amount

    def record_capture(self, payment: Payment, excess: Refund | None, *, now: datetime, actor: Actor) -> None:
        """Record a full or partial capture of an authorized payment, and refund excess money."""
        self.paid_total += payment.captured
        self._transition(Action.RECORD_CAPTURE, now=now, actor=actor)
        self.events.append(PaymentCaptured(**self._event_fields(now), **_decided(payment)))
        self._refund_excess(excess, now)

    def record_void(self, payment: Payment, *, hold_until: datetime, now: datetime, actor: Actor) -> None:
        """Record that a payment was voided.

        An unshipped order waits for payment again, until `hold_until`.
        """
        source = self.status
        self._transition(Action.RECORD_VOID, reason=payment.failure, now=now, actor=actor)
        if self.status is not source:
            self.expires_at = hold_until
        self.events.append(
            PaymentVoided(
                **self._event_fields(now),
                **_requested(payment),
                failure=payment.failure,
                origin=payment.origin,
            )
        )

    def confirm(self, payment: Payment, excess: Refund | None, *, now: datetime, actor: Actor) -> None:
        """Record captured money, confirm the order and refund excess money.

        Raises InvalidTransition if the money does not cover the payable amount.
        """
        self.paid_total += payment.captured
        self._transition(Action.CONFIRM, now=now, actor=actor)
        self.events.append(PaymentCaptured(**self._event_fields(now), **_decided(payment)))
        self.events.append(OrderConfirmed(**self._event_fields(now)))
        self._refund_excess(excess, now)

    def reinstate(self, payment: Payment, excess: Refund | None, *, now: datetime, actor: Actor) -> None:
        """Reinstate an expired order that was paid late. Its stock must be available.

        Raises InvalidTransition.
        """
        self.paid_total += payment.captured
        self._transition(Action.REINSTATE, now=now, actor=actor)
        self.events.append(OrderReinstated(**self._event_fields(now), **_decided(payment)))
        self._refund_excess(excess, now)

    def record_unapplied_payment(
        self, payment: Payment, refund: Refund, *, now: datetime, actor: Actor
    ) -> None:
        """Record captured money that the order cannot use, and the refund of this money."""
        self.paid_total += payment.captured
        self._transition(Action.RECORD_UNAPPLIED_PAYMENT, now=now, actor=actor)
        self.events.append(PaymentUnapplied(**self._event_fields(now), **_decided(payment)))
        self._schedule_refund(refund, now)

    def fail_payment(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record a failed payment. The order holds its stock until the order expires."""
        self._transition(Action.FAIL_PAYMENT, reason=payment.failure, now=now, actor=actor)
        self.events.append(
            PaymentFailed(**self._event_fields(now), **_requested(payment), failure=payment.failure)
        )

    def _refund_excess(self, excess: Refund | None, now: datetime) -> None:
        if excess is not None:
            self._schedule_refund(excess, now)

    def open_dispute(self, payment: Payment, *, now: datetime, actor: Actor) -> None:
        """Record that the customer disputes a payment."""
        self.open_disputes += 1
        self._transition(Action.OPEN_DISPUTE, now=now, actor=actor)
        self.events.append(DisputeOpened(**self._event_fields(now), **_captured(payment)))

    def close_dispute(
        self, payment: Payment, *, is_won: bool, was_open: bool, now: datetime, actor: Actor
    ) -> None:
        """Record how a dispute was decided."""
        self.open_disputes -= was_open
        self._transition(Action.WIN_DISPUTE if is_won else Action.LOSE_DISPUTE, now=now, actor=actor)
        event = DisputeWon if is_won else DisputeLost
        self.events.append(event(**self._event_fields(now), **_captured(payment)))


def _requested(payment: Payment) -> PaymentFields:
    return {"payment_id": payment.id, "method": payment.method, "amount": payment.amount}


def _captured(payment: Payment) -> PaymentFields:
    return {"payment_id": payment.id, "method": payment.method, "amount": payment.captured}


def _decided(payment: Payment) -> DecidedPaymentFields:
    return {**_captured(payment), "origin": payment.origin}
