"""The lifecycle of an order, as a table.

`TRANSITIONS` defines all permitted changes of an order's status. No other code defines them. The guards,
`allowed_actions` and the parameters of the 409 response are derived from this table. This table is also the
source of the diagram in the docs, and of the check that each change has its event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.shared.errors import DomainError


class OrderStatus(StrEnum):
    """The status of an order.

    - `pending_payment`: the stock is reserved until the order is paid or expires.
    - `confirmed`: paid or authorized, and not completely shipped.
    - `fulfilled`: nothing is left to ship.
    - `cancelled`: ended before anything was shipped.
    - `expired`: not paid in time. A late payment can still confirm the order.
    """

    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


HOLDING_STOCK = frozenset({OrderStatus.PENDING_PAYMENT, OrderStatus.CONFIRMED})
"""Statuses in which an order holds stock: its units that are left to ship are reserved."""

FINISHED = frozenset({OrderStatus.FULFILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED})
"""Statuses in which nothing more is shipped."""

PAID_AND_ACTIVE = frozenset({OrderStatus.CONFIRMED, OrderStatus.FULFILLED})
"""Statuses of a paid or authorized order that is still active.

Canceled and expired orders are not active.
"""


class Action(StrEnum):
    """An action on an order.

    Every action adds a row to the history of the order, except PAY, CAPTURE and VOID. These three are
    requests to a provider, so the history records the provider's answer instead. The values of this
    enumeration are stored and published.
    """

    PLACE = "place"
    PAY = "pay"
    REQUIRE_ACTION = "require_action"
    AUTHORIZE = "authorize"
    ANNOUNCE_ENDING = "announce_ending"
    RENEW_AUTHORIZATION = "renew_authorization"
    CAPTURE = "capture"
    RECORD_CAPTURE = "record_capture"
    VOID = "void"
    RECORD_VOID = "record_void"
    CONFIRM = "confirm"
    FAIL_PAYMENT = "fail_payment"
    EXPIRE = "expire"
    CANCEL = "cancel"
    CANCEL_LINES = "cancel_lines"
    CHANGE = "change"
    CLAIM = "claim"
    FULFILL = "fulfil"
    REFUND = "refund"
    SETTLE_REFUND = "settle_refund"
    FAIL_REFUND = "fail_refund"
    RECORD_REFUND = "record_refund"
    REQUEST_RETURN = "request_return"
    APPROVE_RETURN = "approve_return"
    REFUSE_RETURN = "refuse_return"
    RECEIVE_RETURN = "receive_return"
    OPEN_DISPUTE = "open_dispute"
    WIN_DISPUTE = "win_dispute"
    LOSE_DISPUTE = "lose_dispute"
    REINSTATE = "revive"
    RECORD_UNAPPLIED_PAYMENT = "orphan"


class Party(StrEnum):
    """The party that requests an action: the customer of the order, or staff."""

    OWNER = "owner"
    STAFF = "staff"


class Guarded(Protocol):
    """The properties of an order that guards use."""

    @property
    def fulfilled_units(self) -> int: ...

    @property
    def units_left_to_ship(self) -> int: ...

    @property
    def returnable_units(self) -> int: ...

    @property
    def is_paid(self) -> bool: ...

    @property
    def is_secured(self) -> bool: ...

    @property
    def authorized_amount(self) -> int: ...

    @property
    def refundable_amount(self) -> int: ...

    def is_due(self, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition of a transition: its text in the diagram, and its predicate."""

    words: str
    holds: Callable[[Guarded], bool]


def _both(one: Guard, other: Guard) -> Guard:
    return Guard(f"{one.words}, {other.words}", lambda order: one.holds(order) and other.holds(order))


_PAID = Guard("paid in full", lambda order: order.is_paid)
_NOTHING_FULFILLED = Guard("nothing fulfilled", lambda order: order.fulfilled_units == 0)
_PARTLY_FULFILLED = Guard(
    "partly fulfilled", lambda order: order.fulfilled_units > 0 and order.units_left_to_ship > 0
)
_SOME_LEFT = Guard("some left to ship", lambda order: order.units_left_to_ship > 0)
_NOTHING_LEFT = Guard("nothing left to ship", lambda order: order.units_left_to_ship == 0)
_REST_CANCELLED = Guard(
    "nothing left to ship, some fulfilled",
    lambda order: order.fulfilled_units > 0 and order.units_left_to_ship == 0,
)
_AUTHORIZED = Guard("an authorized payment", lambda order: order.authorized_amount > 0)
_SECURED = Guard("paid or authorized in full", lambda order: order.is_secured)
_UNSECURED = Guard(
    "neither paid nor fulfilled", lambda order: not order.is_secured and order.fulfilled_units == 0
)
_SECURED_OR_SHIPPED = Guard(
    "paid or partly fulfilled", lambda order: order.is_secured or order.fulfilled_units > 0
)
_RETURNABLE = Guard("some fulfilled and not returned", lambda order: order.returnable_units > 0)
_REFUNDABLE = Guard("some of it not refunded", lambda order: order.refundable_amount > 0)
_REFUNDABLE_SOME_LEFT = _both(_REFUNDABLE, _SOME_LEFT)
_REFUNDABLE_REST_CANCELLED = _both(_REFUNDABLE, _REST_CANCELLED)
_REFUNDABLE_ALL_CANCELLED = _both(_REFUNDABLE, _both(_NOTHING_LEFT, _NOTHING_FULFILLED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row of the table: `action` leads from `source` to `target` if `guard` holds.

    Every transition records one event of the type `event`. A transition can also record events of the types in
    `along`. `after_expiry` requires that the order's hold has ended. `parties` lists the parties that can request
    the action over the API. An action without parties is never in `allowed_actions`.
    """

    source: OrderStatus | None
    action: Action
    target: OrderStatus
    event: str | None
    along: tuple[str, ...] = ()
    guard: Guard | None = None
    after_expiry: bool = False
    parties: frozenset[Party] = frozenset()

    def is_open_to(self, order: Guarded) -> bool:
        return self.guard is None or self.guard.holds(order)


_BOTH = frozenset(Party)
_STAFF = frozenset({Party.STAFF})


def _in_place(
    action: Action,
    event: str | None,
    *statuses: OrderStatus,
    along: tuple[str, ...] = (),
    guard: Guard | None = None,
    parties: frozenset[Party] = frozenset(),
) -> tuple[Transition, ...]:
    """Return the table rows of an action that does not change the status."""
    return tuple(
        Transition(
            source=status,
            action=action,
            target=status,
            event=event,
            along=along,
            guard=guard,
            parties=parties,
        )
        for status in statuses
    )


TRANSITIONS: tuple[Transition, ...] = (
    Transition(source=None, action=Action.PLACE, target=OrderStatus.PENDING_PAYMENT, event="order.placed"),
    Transition(
        source=OrderStatus.PENDING_PAYMENT,
        action=Action.PAY,
        target=OrderStatus.PENDING_PAYMENT,
        event=None,
        parties=_BOTH,
    ),
    Transition(
        source=OrderStatus.PENDING_PAYMENT,
        action=Action.REQUIRE_ACTION,
        target=OrderStatus.PENDING_PAYMENT,
        event="payment.requires_action",
    ),
    Transition(
        source=OrderStatus.PENDING_PAYMENT,
        action=Action.AUTHORIZE,
        target=OrderStatus.CONFIRMED,
        event="payment.authorized",
        along=("order.confirmed",),
        guard=_SECURED,
    ),
    *_in_place(
        Action.ANNOUNCE_ENDING,
        "payment.authorization_ending",
        OrderStatus.CONFIRMED,
        OrderStatus.FULFILLED,
        guard=_AUTHORIZED,
    ),
    *_in_place(
        Action.RENEW_AUTHORIZATION,
        "payment.authorization_renewed",
        OrderStatus.CONFIRMED,
        OrderStatus.FULFILLED,
        guard=_AUTHORIZED,
    ),
    *_in_place(
        Action.CAPTURE,
        None,
        OrderStatus.CONFIRMED,
        OrderStatus.FULFILLED,
        guard=_AUTHORIZED,
        parties=_STAFF,
    ),
    # The part of the captured money that exceeds the payable amount is refunded.
    *_in_place(
        Action.RECORD_CAPTURE,
        "payment.captured",
        OrderStatus.CONFIRMED,
        OrderStatus.FULFILLED,
        along=("refund.requested",),
    ),
    *_in_place(
        Action.VOID,
        None,
        OrderStatus.CONFIRMED,
        OrderStatus.FULFILLED,
        guard=_AUTHORIZED,
        parties=_STAFF,
    ),
    # An unshipped order that loses its authorization waits for payment again.
    Transition(
        source=OrderStatus.CONFIRMED,
        action=Action.RECORD_VOID,
        target=OrderStatus.PENDING_PAYMENT,
        event="payment.voided",
        guard=_UNSECURED,
    ),
    *_in_place(Action.RECORD_VOID, "payment.voided", OrderStatus.CONFIRMED, guard=_SECURED_OR_SHIPPED),
    *_in_place(
        Action.RECORD_VOID,
        "payment.voided",
        *(status for status in OrderStatus if status is not OrderStatus.CONFIRMED),
    ),
    Transition(
        source=OrderStatus.PENDING_PAYMENT,
        action=Action.CONFIRM,
        target=OrderStatus.CONFIRMED,
        event="order.confirmed",
        along=("payment.captured", "refund.requested"),
        guard=_PAID,
    ),
    *_in_place(Action.FAIL_PAYMENT, "payment.failed", *OrderStatus),
    Transition(
        source=OrderStatus.PENDING_PAYMENT,
        action=Action.EXPIRE,
        target=OrderStatus.EXPIRED,
        event="order.expired",
        after_expiry=True,
    ),
    Transition(
        source=OrderStatus.PENDING_PAYMENT,
        action=Action.CANCEL,
        target=OrderStatus.CANCELLED,
        event="order.cancelled",
        parties=_BOTH,
    ),
    Transition(
        source=OrderStatus.CONFIRMED,
        action=Action.CANCEL,
        target=OrderStatus.CANCELLED,
        event="order.cancelled",
        along=("refund.requested",),
        guard=_NOTHING_FULFILLED,
        parties=_BOTH,
    ),
    Transition(
        source=OrderStatus.PENDING_PAYMENT,
        action=Action.CANCEL_LINES,
        target=OrderStatus.PENDING_PAYMENT,
        event="order.lines_cancelled",
        parties=_BOTH,
    ),
    *_in_place(
        Action.CANCEL_LINES,
        "order.lines_cancelled",
        OrderStatus.CONFIRMED,
        along=("refund.requested",),
        guard=_NOTHING_FULFILLED,
        parties=_BOTH,
    ),
    *_in_place(
        Action.CANCEL_LINES,
        "order.lines_cancelled",
        OrderStatus.CONFIRMED,
        along=("refund.requested",),
        guard=_PARTLY_FULFILLED,
        parties=_STAFF,
    ),
    Transition(
        source=OrderStatus.CONFIRMED,
        action=Action.CANCEL_LINES,
        target=OrderStatus.FULFILLED,
        event="order.lines_cancelled",
        along=("order.fulfilled", "refund.requested"),
        guard=_REST_CANCELLED,
        parties=_STAFF,
    ),
    *_in_place(
        Action.CHANGE,
        "order.changed",
        OrderStatus.PENDING_PAYMENT,
        OrderStatus.CONFIRMED,
        guard=_NOTHING_FULFILLED,
        parties=_BOTH,
    ),
    *_in_place(Action.CLAIM, "order.claimed", *OrderStatus),
    Transition(
        source=OrderStatus.CONFIRMED,
        action=Action.FULFILL,
        target=OrderStatus.CONFIRMED,
        event="fulfillment.created",
        guard=_SOME_LEFT,
        parties=_STAFF,
    ),
    Transition(
        source=OrderStatus.CONFIRMED,
        action=Action.FULFILL,
        target=OrderStatus.FULFILLED,
        event="order.fulfilled",
        along=("fulfillment.created",),
        guard=_NOTHING_LEFT,
        parties=_STAFF,
    ),
    # If refunded units were left to ship, they are canceled: see CANCEL_LINES.
    *_in_place(
        Action.REFUND,
        "refund.requested",
        OrderStatus.CONFIRMED,
        along=("order.lines_cancelled",),
        guard=_REFUNDABLE_SOME_LEFT,
        parties=_STAFF,
    ),
    Transition(
        source=OrderStatus.CONFIRMED,
        action=Action.REFUND,
        target=OrderStatus.FULFILLED,
        event="refund.requested",
        along=("order.lines_cancelled", "order.fulfilled"),
        guard=_REFUNDABLE_REST_CANCELLED,
        parties=_STAFF,
    ),
    Transition(
        source=OrderStatus.CONFIRMED,
        action=Action.REFUND,
        target=OrderStatus.CANCELLED,
        event="refund.requested",
        along=("order.lines_cancelled", "order.cancelled"),
        guard=_REFUNDABLE_ALL_CANCELLED,
        parties=_STAFF,
    ),
    *_in_place(Action.REFUND, "refund.requested", OrderStatus.FULFILLED, guard=_REFUNDABLE, parties=_STAFF),
    *_in_place(Action.SETTLE_REFUND, "refund.succeeded", *OrderStatus),
    # If the shop still owes the money of a failed refund, another refund is scheduled.
    *_in_place(Action.FAIL_REFUND, "refund.failed", *OrderStatus, along=("refund.requested",)),
    # The refund was started at the provider and not by the shop.
    *_in_place(Action.RECORD_REFUND, "refund.succeeded", *OrderStatus, along=("refund.requested",)),
    *_in_place(
        Action.REQUEST_RETURN,
        "return.requested",
        OrderStatus.CONFIRMED,
        OrderStatus.FULFILLED,
        guard=_RETURNABLE,
        parties=_BOTH,
    ),
    # The status of the return determines whether staff can perform this action: see
    # `order_return.RETURN_TRANSITIONS`.
    *_in_place(Action.APPROVE_RETURN, "return.approved", OrderStatus.CONFIRMED, OrderStatus.FULFILLED),
    *_in_place(Action.REFUSE_RETURN, "return.refused", OrderStatus.CONFIRMED, OrderStatus.FULFILLED),
    *_in_place(
        Action.RECEIVE_RETURN,
        "return.received",
        OrderStatus.CONFIRMED,
        OrderStatus.FULFILLED,
        along=("refund.requested",),
    ),
    *_in_place(Action.OPEN_DISPUTE, "dispute.opened", *OrderStatus),
    *_in_place(Action.WIN_DISPUTE, "dispute.won", *OrderStatus),
    *_in_place(Action.LOSE_DISPUTE, "dispute.lost", *OrderStatus),
    Transition(
        source=OrderStatus.EXPIRED,
        action=Action.REINSTATE,
        target=OrderStatus.CONFIRMED,
        event="order.revived",
        along=("refund.requested",),
        guard=_PAID,
    ),
    *_in_place(
        Action.RECORD_UNAPPLIED_PAYMENT, "payment.orphaned", *OrderStatus, along=("refund.requested",)
    ),
)


class InvalidTransition(DomainError):
    """The order's status does not permit the action. `params` list the allowed actions."""

    code = "invalid_transition"

    def __init__(self, source: OrderStatus, action: Action, allowed: tuple[Action, ...]) -> None:
        super().__init__(
            f"An order with the status {source.value} cannot take this action.",
            params={
                "from": source.value,
                "action": action.value,
                "allowed_actions": [a.value for a in allowed],
            },
        )


_ASKABLE: Mapping[OrderStatus, tuple[Transition, ...]] = {
    status: tuple(row for row in TRANSITIONS if row.source is status and row.parties)
    for status in OrderStatus
}
_ASKABLE_BY: Mapping[Party, frozenset[Action]] = {
    party: frozenset(row.action for row in TRANSITIONS if party in row.parties) for party in Party
}


def askable(party: Party) -> frozenset[Action]:
    """Return the actions that a party can request in at least one status."""
    return _ASKABLE_BY[party]


def allowed_actions(source: OrderStatus, order: Guarded, party: Party) -> tuple[Action, ...]:
    """Return the actions that a party can request now."""
    return tuple(
        dict.fromkeys(
            row.action for row in _ASKABLE[source] if party in row.parties and row.is_open_to(order)
        )
    )


def target_of(source: OrderStatus, action: Action, order: Guarded, now: datetime) -> OrderStatus:
    """Return the status to which the action leads. Raises InvalidTransition."""
    for row in TRANSITIONS:
        if (
            row.source is source
            and row.action is action
            and row.is_open_to(order)
            and (order.is_due(now) or not row.after_expiry)
        ):
            return row.target
    raise InvalidTransition(source, action, allowed_actions(source, order, Party.STAFF))
