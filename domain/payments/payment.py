"""Money that a customer gives, through a provider."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.payments.inquiry import PATIENCE, next_inquiry
from domain.payments.method import PaymentMethod
from domain.shared.ids import OrderId, PaymentId
from domain.shared.money import Money


class PaymentStatus(StrEnum):
    PENDING = "pending"
    CAPTURED = "captured"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Charge:
    """What a provider has taken. `reference` is its own name for that."""

    amount: Money
    reference: str | None


@dataclass(slots=True, kw_only=True, eq=False)
class Payment:
    """One charge, asked for or made.

    `captured` is what was taken, `returned` what of it was given back or is on its way back. `inquire_at` is when to
    ask the provider what has become of it, None once that is known.
    """

    id: PaymentId
    order_id: OrderId
    method: PaymentMethod
    status: PaymentStatus
    amount: Money
    captured: Money
    returned: Money
    reference: str | None
    failure: str | None
    requested_at: datetime
    decided_at: datetime | None
    inquire_at: datetime | None
    inquiries: int

    @classmethod
    def request(
        cls,
        *,
        id: PaymentId,  # noqa: A002 - the field's name
        order_id: OrderId,
        method: PaymentMethod,
        amount: Money,
        now: datetime,
    ) -> Self:
        """Ask for money. Until the provider answers nobody knows whether it was taken."""
        zero = Money.zero(amount.currency)
        return cls(
            id=id,
            order_id=order_id,
            method=method,
            status=PaymentStatus.PENDING,
            amount=amount,
            captured=zero,
            returned=zero,
            reference=None,
            failure=None,
            requested_at=now,
            decided_at=None,
            inquire_at=now + PATIENCE,
            inquiries=0,
        )

    def again(self, *, id: PaymentId, charge: Charge, now: datetime) -> "Payment":  # noqa: A002 - the field's name
        """Return what stands for a second charge that the provider has made for this payment."""
        return Payment.request(
            id=id, order_id=self.order_id, method=self.method, amount=charge.amount, now=now
        )

    def capture(self, charge: Charge, *, now: datetime) -> None:
        """Note that money was taken: also after a failure was told, for money that was taken is a fact."""
        self.status = PaymentStatus.CAPTURED
        self.captured = charge.amount
        self.reference = charge.reference or self.reference
        self.failure = None
        self._decide(now)

    def fail(self, failure: str | None, *, now: datetime) -> None:
        """Note that nothing was taken."""
        self.status = PaymentStatus.FAILED
        self.failure = failure
        self._decide(now)

    def inquire(self, *, now: datetime) -> None:
        """Note that the provider is being asked, and when to ask again if it does not know."""
        self.inquire_at = next_inquiry(now, self.inquiries)
        self.inquiries += 1

    @property
    def is_undecided(self) -> bool:
        """Whether the payment may still take money. An order has at most one such payment."""
        return self.decided_at is None

    @property
    def remaining(self) -> Money:
        """What was taken and neither given back nor promised to be."""
        return self.captured - self.returned

    def _decide(self, now: datetime) -> None:
        self.decided_at = now
        self.inquire_at = None
