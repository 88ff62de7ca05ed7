"""A return: shipped units of an order that are sent back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.shared.errors import DomainError
from domain.shared.ids import LineId, OrderId, RefundId, ReturnId
from domain.shared.money import Money
from domain.shared.text import TextRule, ensure_valid

RETURN_REASON = TextRule(min_length=1, max_length=500)


class ReturnStatus(StrEnum):
    """The status of a return.

    - `requested`: staff have to approve or refuse the return.
    - `approved`: the units are expected.
    - `refused`: the units are not taken back.
    - `received`: the units came back.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    RECEIVED = "received"


class ReturnAction(StrEnum):
    """An action of staff on a return. The values are published."""

    APPROVE = "approve"
    REFUSE = "refuse"
    RECEIVE = "receive"


RETURN_TRANSITIONS: Mapping[tuple[ReturnStatus, ReturnAction], ReturnStatus] = {
    (ReturnStatus.REQUESTED, ReturnAction.APPROVE): ReturnStatus.APPROVED,
    (ReturnStatus.REQUESTED, ReturnAction.REFUSE): ReturnStatus.REFUSED,
    (ReturnStatus.APPROVED, ReturnAction.RECEIVE): ReturnStatus.RECEIVED,
    (ReturnStatus.APPROVED, ReturnAction.REFUSE): ReturnStatus.REFUSED,
}
"""The next status, by current status and action. Actions without an entry are not permitted."""

OPEN = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED})
"""The statuses in which the units of the return can still arrive."""


class InvalidReturnTransition(DomainError):
    """The return's status does not permit the action. `params` list the allowed actions."""

    code = "invalid_transition"

    def __init__(self, source: ReturnStatus, action: ReturnAction) -> None:
        super().__init__(
            f"A return that is {source.value} cannot take this action.",
            params={
                "from": source.value,
                "action": action.value,
                "allowed_actions": [each.value for each in allowed_actions(source)],
            },
        )


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """Units of a line that are sent back. `restock` is None until the units are received."""

    line_id: LineId
    quantity: int
    restock: bool | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class OrderReturn:
    """Units of one order that are sent back, with the agreed refund.

    The approval sets `refund_amount`. `refund_id` identifies the refund that was made when the units were
    received. `refund_id` is None if nothing was refunded. `decision_reason` is the reason why staff refused the
    return. `reason` is None after the customer's data was erased.
    """

    id: ReturnId
    order_id: OrderId
    status: ReturnStatus
    lines: tuple[ReturnedLine, ...]
    reason: str | None
    decision_reason: str | None
    refund_amount: Money | None
    refund_id: RefundId | None
    requested_at: datetime
    decided_at: datetime | None
    received_at: datetime | None

    @classmethod
    def request(
        cls,
        *,
        id: ReturnId,  # noqa: A002 - the parameter has the name of the field
        order_id: OrderId,
        lines: tuple[ReturnedLine, ...],
        reason: str,
        now: datetime,
    ) -> Self:
        """Create a requested return. Raises ValidationFailed."""
        ensure_valid(RETURN_REASON.violations(reason, "reason"))
        return cls(
            id=id,
            order_id=order_id,
            status=ReturnStatus.REQUESTED,
            lines=lines,
            reason=reason,
            decision_reason=None,
            refund_amount=None,
            refund_id=None,
            requested_at=now,
            decided_at=None,
            received_at=None,
        )

    def approve(self, refund_amount: Money, *, now: datetime) -> None:
        """Approve the return and set the agreed refund. Raises InvalidReturnTransition."""
        self._transition(ReturnAction.APPROVE)
        self.refund_amount = refund_amount
        self.decided_at = now

    def refuse(self, reason: str, *, now: datetime) -> None:
        """Refuse a requested or approved return. Raises ValidationFailed, InvalidReturnTransition."""
        ensure_valid(RETURN_REASON.violations(reason, "reason"))
        self._transition(ReturnAction.REFUSE)
        self.decision_reason = reason
        self.decided_at = now

    def receive(self, restocked: Mapping[LineId, bool], *, now: datetime) -> None:
        """Record that the units arrived, and which lines are put back into stock.

        Raises InvalidReturnTransition.
        """
        self._transition(ReturnAction.RECEIVE)
        self.lines = tuple(
            ReturnedLine(line.line_id, line.quantity, restocked[line.line_id]) for line in self.lines
        )
        self.received_at = now

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def ensure_allows(self, action: ReturnAction) -> None:
        """Raise InvalidReturnTransition unless the status permits the action."""
        if action not in allowed_actions(self.status):
            raise InvalidReturnTransition(self.status, action)

    def _transition(self, action: ReturnAction) -> None:
        self.ensure_allows(action)
        self.status = RETURN_TRANSITIONS[self.status, action]


def allowed_actions(status: ReturnStatus) -> tuple[ReturnAction, ...]:
    """Return the actions that staff can request."""
    return tuple(action for action in ReturnAction if (status, action) in RETURN_TRANSITIONS)
