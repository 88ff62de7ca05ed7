"""The methods of an order that record its returns."""

from dataclasses import dataclass
from datetime import datetime

from domain.orders.events import (
    ReturnApproved,
    ReturnFields,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
)
from domain.orders.lifecycle import Action
from domain.orders.order_refunds import OrderRefunds
from domain.orders.order_return import OrderReturn
from domain.payments.refund import Refund
from domain.shared.actor import Actor


@dataclass(slots=True, kw_only=True, eq=False)
class OrderReturns(OrderRefunds):
    """The part of an order that records returns of shipped units."""

    def request_return(self, requested: OrderReturn, *, now: datetime, actor: Actor) -> None:
        """Record a request to return units. Raises InvalidTransition."""
        self._transition(Action.REQUEST_RETURN, reason=requested.reason, now=now, actor=actor)
        self.events.append(
            ReturnRequested(**self._event_fields(now), **_return(requested), reason=requested.reason)
        )

    def approve_return(self, approved: OrderReturn, *, now: datetime, actor: Actor) -> None:
        """Record that staff have approved a return."""
        self._transition(Action.APPROVE_RETURN, now=now, actor=actor)
        self.events.append(
            ReturnApproved(
                **self._event_fields(now), **_return(approved), refund_amount=approved.refund_amount
            )
        )

    def refuse_return(self, refused: OrderReturn, *, now: datetime, actor: Actor) -> None:
        """Record that staff have refused a return."""
        self._transition(Action.REFUSE_RETURN, reason=refused.decision_reason, now=now, actor=actor)
        self.events.append(
            ReturnRefused(**self._event_fields(now), **_return(refused), reason=refused.decision_reason)
        )

    def receive_return(
        self,
        received: OrderReturn,
        refund: Refund | None,
        *,
        override: str | None = None,
        now: datetime,
        actor: Actor,
    ) -> None:
        """Record that returned units arrived, and record the refund for these units.

        `override` is the reason why staff accept the return of a disputed order.
        """
        for part in received.lines:
            self.line(part.line_id).returned += part.quantity
        self._transition(Action.RECEIVE_RETURN, reason=override, now=now, actor=actor)
        self.events.append(
            ReturnReceived(**self._event_fields(now), **_return(received), refund_id=received.refund_id)
        )
        if refund is not None:
            self._schedule_refund(refund, now)


def _return(returned: OrderReturn) -> ReturnFields:
    return {"return_id": returned.id, "lines": returned.lines}
