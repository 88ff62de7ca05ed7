"""The life of an order, as data.

Guards, `allowed_actions` and the 409's parameters all come from `TRANSITIONS`: there is no other place that knows
which status may follow which.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from domain.shared.errors import DomainError


class OrderStatus(StrEnum):
    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Action(StrEnum):
    PLACE = "place"
    CONFIRM = "confirm"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FULFIL = "fulfil"
    COMPLETE = "complete"
    REFUND = "refund"
    REVIVE = "revive"


class Guarded(Protocol):
    """What guards may ask of an order."""

    @property
    def fulfilled_units(self) -> int: ...

    @property
    def ordered_units(self) -> int: ...

    @property
    def refundable_amount(self) -> int: ...


def _nothing_fulfilled(order: Guarded) -> bool:
    return order.fulfilled_units == 0


def _not_all_fulfilled(order: Guarded) -> bool:
    return order.fulfilled_units < order.ordered_units


def _all_fulfilled(order: Guarded) -> bool:
    return order.fulfilled_units == order.ordered_units


def _something_to_refund(order: Guarded) -> bool:
    return order.refundable_amount > 0


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: from `source`, `action` leads to `target`, if `guard` agrees.

    `offered` says that a client may ask for the action, so that `allowed_actions` names it.
    """

    source: OrderStatus | None
    action: Action
    target: OrderStatus
    guard: Callable[[Guarded], bool] | None = None
    offered: bool = False


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, Action.PLACE, OrderStatus.PENDING_PAYMENT),
    Transition(OrderStatus.PENDING_PAYMENT, Action.CONFIRM, OrderStatus.CONFIRMED),
    Transition(OrderStatus.PENDING_PAYMENT, Action.EXPIRE, OrderStatus.EXPIRED),
    Transition(OrderStatus.PENDING_PAYMENT, Action.CANCEL, OrderStatus.CANCELLED, offered=True),
    Transition(OrderStatus.CONFIRMED, Action.CANCEL, OrderStatus.CANCELLED, _nothing_fulfilled, offered=True),
    Transition(OrderStatus.CONFIRMED, Action.FULFIL, OrderStatus.CONFIRMED, _not_all_fulfilled),
    Transition(OrderStatus.CONFIRMED, Action.COMPLETE, OrderStatus.FULFILLED, _all_fulfilled),
    Transition(OrderStatus.CONFIRMED, Action.REFUND, OrderStatus.CONFIRMED, _something_to_refund),
    Transition(OrderStatus.FULFILLED, Action.REFUND, OrderStatus.FULFILLED, _something_to_refund),
    Transition(OrderStatus.EXPIRED, Action.REVIVE, OrderStatus.CONFIRMED),
)


class InvalidTransition(DomainError):
    """The order's status does not permit the action. `params` say what it does permit."""

    code = "invalid_transition"

    def __init__(self, source: OrderStatus, action: Action, allowed: tuple[Action, ...]) -> None:
        super().__init__(
            f"An order that is {source.value.replace('_', ' ')} cannot take this action.",
            params={
                "from": source.value,
                "action": action.value,
                "allowed_actions": [a.value for a in allowed],
            },
        )


def allowed_actions(source: OrderStatus, order: Guarded) -> tuple[Action, ...]:
    """Return what a client may ask of the order now."""
    return tuple(
        row.action
        for row in TRANSITIONS
        if row.source is source and row.offered and (row.guard is None or row.guard(order))
    )


def target_of(source: OrderStatus, action: Action, order: Guarded) -> OrderStatus:
    """Return the status to which the action leads. Raises InvalidTransition."""
    for row in TRANSITIONS:
        if row.source is source and row.action is action and (row.guard is None or row.guard(order)):
            return row.target
    raise InvalidTransition(source, action, allowed_actions(source, order))
