"""The methods of an order that record its refunds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.orders.lifecycle import Action
from domain.orders.line import CancelledLine
from domain.orders.order_state import OrderState
from domain.orders.payment_events import RefundFailed, RefundFields, RefundRequested, RefundSucceeded
from domain.payments.refund import Refund
from domain.shared.actor import Actor


@dataclass(slots=True, kw_only=True, eq=False)
class OrderRefunds(OrderState):
    """The part of an order that records refunds."""

    def record_refund(self, refund: Refund, *, now: datetime, actor: Actor) -> None:
        """Record a refund that was started at the provider and not by the shop."""
        self.refunded_total += refund.amount
        self._transition(Action.RECORD_REFUND, reason=refund.reason, now=now, actor=actor)
        self.events.append(self._refund_requested(refund, now))
        self.events.append(RefundSucceeded(**self._event_fields(now), **_refund(refund)))

    def request_refund(
        self,
        refund: Refund,
        cancelled: Sequence[CancelledLine],
        *,
        override: str | None = None,
        now: datetime,
        actor: Actor,
    ) -> None:
        """Schedule a refund of a part of the payments, and cancel the refunded units.

        Only units that are left to ship are canceled. Raises InvalidTransition.
        """
        reason = refund.reason if override is None else f"{refund.reason} (despite a dispute: {override})"
        self._cancel_units(cancelled)
        self._transition(Action.REFUND, reason=reason, now=now, actor=actor)
        self._schedule_refund(refund, now)
        if cancelled:
            self._record_cancelled_units(cancelled, refund.reason, now)

    def settle_refund(self, refund: Refund, *, now: datetime, actor: Actor) -> None:
        """Record that a scheduled refund succeeded."""
        self.pending_refund_total -= refund.amount
        self.refunded_total += refund.amount
        self._transition(Action.SETTLE_REFUND, now=now, actor=actor)
        self.events.append(RefundSucceeded(**self._event_fields(now), **_refund(refund)))

    def fail_refund(
        self, refund: Refund, retry: Refund | None, *, had_succeeded: bool, now: datetime, actor: Actor
    ) -> None:
        """Record a failed refund. Schedule another refund if the shop owes the money."""
        if had_succeeded:
            self.refunded_total -= refund.amount
        else:
            self.pending_refund_total -= refund.amount
        for part in refund.lines:
            self.line(part.line_id).refunded -= part.quantity
        self._transition(Action.FAIL_REFUND, reason=refund.failure, now=now, actor=actor)
        self.events.append(RefundFailed(**self._event_fields(now), **_refund(refund), failure=refund.failure))
        if retry is not None:
            self._schedule_refund(retry, now)

    def _schedule_refund(self, refund: Refund, now: datetime) -> None:
        self.pending_refund_total += refund.amount
        for part in refund.lines:
            self.line(part.line_id).refunded += part.quantity
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


def _refund(refund: Refund) -> RefundFields:
    return {"refund_id": refund.id, "payment_id": refund.payment_id, "amount": refund.amount}
