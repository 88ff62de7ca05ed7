"""The sandbox provider's own records: charges, refunds, and undelivered messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.shared.ids import PaymentId, RefundId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCharge:
    """An attempt to charge a card. The fields determine the state of the charge at any time.

    Until `decides_at`, the charge is pending. If `requires_action` is true, the pending charge waits for the
    customer.

    From `decides_at` on, the charge has one of these states:

    - failed, if the charge has a `failure`
    - authorized until `authorized_until`, if there is no `failure` and `is_manual` is true
    - captured, if there is no `failure` and `is_manual` is false

    If `is_renewable` is true, the shop can extend the authorization. `captured` is the captured amount of an
    authorization. `voided_at` is the time at which the authorization was voided.
    """

    reference: str
    payment_id: PaymentId
    amount: Money
    failure: str | None
    decides_at: datetime
    requires_action: bool = False
    is_manual: bool = False
    authorized_until: datetime | None = None
    is_renewable: bool = False
    captured: Money | None = None
    voided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRefund:
    """A refund with the id that the shop chose. It is rejected if it has a `failure`."""

    id: RefundId
    reference: str
    charge_reference: str
    amount: Money
    failure: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxMessage:
    """A JSON message to the shop, sent at `due_at` or later.

    `attempts` is the number of attempts to send the message so far.
    """

    id: UUID
    body: str
    due_at: datetime
    attempts: int = 0
    charge_reference: str | None = None


Decide = Callable[[SandboxCharge | None, Sequence[SandboxRefund]], tuple[SandboxRefund, SandboxMessage]]
"""A function that decides on a refund.

Its first argument is the charge, or None if the charge is unknown. Its second argument is the sequence of earlier
refunds of the charge.
"""

Change = Callable[[SandboxCharge], tuple[SandboxCharge, SandboxMessage] | None]
"""A function that changes a charge.

It returns the changed charge and a message about the change, or None if the charge does not change.
"""


class SandboxStore(Protocol):
    """The port through which the sandbox provider stores its records.

    All methods raise Overloaded and DatabaseUnavailable.
    """

    async def charge(
        self, payment_id: PaymentId, charges: Sequence[SandboxCharge], messages: Sequence[SandboxMessage]
    ) -> bool:
        """Insert the charges of a payment, unless the payment already has charges.

        Returns whether charges were inserted.
        """
        ...

    async def charges_of(self, payment_id: PaymentId) -> Sequence[SandboxCharge]:
        """Return the charges of a payment, oldest first."""
        ...

    async def change_charge(
        self, payment_id: PaymentId, change: Change, *, now: datetime
    ) -> SandboxCharge | None:
        """Lock, change and return the first charge of a payment.

        Returns None if the payment has no charge. Messages about this charge are deleted if they are due
        after `now`. After the change, the events that they announce can no longer happen.
        """
        ...

    async def refund(self, refund_id: RefundId, charge_reference: str, decide: Decide) -> SandboxRefund:
        """Return the refund with this id. If it does not exist, decide on the refund and insert it.

        Refunds of one charge are decided one at a time.
        """
        ...

    async def find_refund(self, refund_id: RefundId) -> SandboxRefund | None: ...

    async def take_due_messages(
        self, now: datetime, *, again_at: datetime, limit: int
    ) -> Sequence[SandboxMessage]:
        """Return due messages, and postpone each of them to `again_at`.

        No dispatcher takes a postponed message before `again_at`. The number of attempts of each message is
        incremented.
        """
        ...

    async def postpone(self, message_id: UUID, until: datetime) -> None: ...

    async def forget(self, message_id: UUID) -> None:
        """Delete a message that was delivered."""
        ...
