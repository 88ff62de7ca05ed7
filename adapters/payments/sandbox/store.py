"""What the sandbox has charged and given back, and what it has yet to tell the shop: its own, and none of the shop's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.shared.ids import PaymentId, RefundId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCharge:
    """An attempt to charge a card, whose state at a moment follows from its fields.

    Until `decides_at` it is pending, or waits for the customer where it `requires_action`. From then on it has failed
    if there is a `failure`; otherwise it is captured, or, if it `is_manual`, authorized until `authorized_until`.
    `captured` is what was captured of an authorization, and `voided_at` when it was voided.
    """

    reference: str
    payment_id: PaymentId
    amount: Money
    failure: str | None
    decides_at: datetime
    requires_action: bool = False
    is_manual: bool = False
    authorized_until: datetime | None = None
    captured: Money | None = None
    voided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRefund:
    """Money given back, or refused where there is a `failure`. `id` is the shop's."""

    id: RefundId
    reference: str
    charge_reference: str
    amount: Money
    failure: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxMessage:
    """What the shop is to be told, in JSON, not before `due_at`. `attempts` have been made to tell it."""

    id: UUID
    body: str
    due_at: datetime
    attempts: int = 0
    charge_reference: str | None = None


Decide = Callable[[SandboxCharge | None, Sequence[SandboxRefund]], tuple[SandboxRefund, SandboxMessage]]
"""Decides on a refund, of a charge and what was given back of it; there may be no such charge."""

Change = Callable[[SandboxCharge], tuple[SandboxCharge, SandboxMessage] | None]
"""Changes a charge, and reports that; None leaves it as it is."""


class SandboxStore(Protocol):
    """All raise Overloaded and DatabaseUnavailable."""

    async def charge(
        self, payment_id: PaymentId, charges: Sequence[SandboxCharge], messages: Sequence[SandboxMessage]
    ) -> bool:
        """Write down the charges of a payment, unless it has some, and return whether that was so."""
        ...

    async def charges_of(self, payment_id: PaymentId) -> Sequence[SandboxCharge]:
        """Return the charges of a payment, the first first."""
        ...

    async def change_charge(
        self, payment_id: PaymentId, change: Change, *, now: datetime
    ) -> SandboxCharge | None:
        """Change the first charge of a payment, locked, and return it. None: the payment has no charge.

        Messages about the charge that are not due at `now` are deleted: they would report what has not happened.
        """
        ...

    async def refund(self, refund_id: RefundId, charge_reference: str, decide: Decide) -> SandboxRefund:
        """Return the refund with this id; if there is none, decide on it and write that down.

        Refunds of one charge are decided one after the other.
        """
        ...

    async def find_refund(self, refund_id: RefundId) -> SandboxRefund | None: ...

    async def take_due_messages(
        self, now: datetime, *, again_at: datetime, limit: int
    ) -> Sequence[SandboxMessage]:
        """Return messages that are due, and make each due again at `again_at`. Nobody else gets them before that.

        One more attempt is counted for each.
        """
        ...

    async def postpone(self, message_id: UUID, until: datetime) -> None: ...

    async def forget(self, message_id: UUID) -> None:
        """Strike a message out that has arrived."""
        ...
